import { describeIdempotency, makeCall } from '@tandem/rpc/testing';
import { describe } from 'vitest';
import type { UserStore, UsersTransaction } from './store.ts';
import { describeAnswers } from './testing/answers-suite.ts';
import { describeChanges } from './testing/changes-suite.ts';
import { describeGroups } from './testing/groups-suite.ts';
import { describeImports } from './testing/imports-suite.ts';
import { describeLists } from './testing/lists-suite.ts';
import { describePoints } from './testing/points-suite.ts';
import { describeSearch } from './testing/search-suite.ts';
import { describeSessions } from './testing/sessions-suite.ts';
import { describeStats } from './testing/stats-suite.ts';
import { makeNewUser } from './testing/store-calls.ts';
import { describeUsers } from './testing/users-suite.ts';

/** What every users' store promises, whatever it is made of. The database may hold other users. */
export function describeUserStore(name: string, getStore: () => UserStore): void {
  describe(name, () => {
    describeUsers(getStore);
    describeChanges(getStore);
    describeStats(getStore);
    describeIdempotency<UsersTransaction>(() => ({
      store: getStore(),
      insert: (tx, id) => tx.users.insert(makeNewUser({ id })),
      exists: async (id) => (await getStore().reader.get(id, makeCall())) !== undefined,
    }));
    describeGroups(getStore);
    describeAnswers(getStore);
    describeLists(getStore);
    describeSearch(getStore);
    describeImports(getStore);
    describePoints(getStore);
    describeSessions(getStore);
  });
}

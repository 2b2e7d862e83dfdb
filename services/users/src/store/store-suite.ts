import { describeIdempotency, makeCall } from '@tandem/rpc/testing';
import { describe } from 'vitest';
import type { OneWrite, UserStore, UsersTransaction } from './store.ts';
import { describeAnswers } from './testing/answers-suite.ts';
import { describeChanges } from './testing/changes-suite.ts';
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
    describe('a write beside another', () => {
      describeIdempotency<OneWrite>(() => ({
        store: { records: getStore().records, transaction: writeBesideAnother(getStore()) },
        insert: (tx, id) => tx.users.insert(makeNewUser({ id, idIsChosen: false })),
        exists: async (id) => (await getStore().reader.get(id, makeCall())) !== undefined,
      }));
    });
    describeAnswers(getStore);
    describeLists(getStore);
    describeSearch(getStore);
    describeImports(getStore);
    describePoints(getStore);
    describeSessions(getStore);
  });
}

/** Each with a neighbour that it shares its transaction with, if it can. */
function writeBesideAnother(store: UserStore): UserStore['writeOne'] {
  return async (call, work) => {
    const insert = (tx: OneWrite) => tx.users.insert(makeNewUser({ idIsChosen: false }));
    const neighbour = store.writeOne(makeCall(), insert);
    const [written] = await Promise.allSettled([store.writeOne(call, work), neighbour]);
    await neighbour;
    if (written.status === 'rejected') throw written.reason;
    return written.value;
  };
}

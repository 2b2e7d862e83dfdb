import { describe } from 'vitest';
import type { UserStore } from './store.ts';
import { describeChanges } from './testing/changes-suite.ts';
import { describeIdempotency } from './testing/idempotency-suite.ts';
import { describeImports } from './testing/imports-suite.ts';
import { describeLists } from './testing/lists-suite.ts';
import { describePoints } from './testing/points-suite.ts';
import { describeSearch } from './testing/search-suite.ts';
import { describeStats } from './testing/stats-suite.ts';
import { describeUsers } from './testing/users-suite.ts';

/** What every users' store promises, whatever it is made of. The database may hold other users. */
export function describeUserStore(name: string, getStore: () => UserStore): void {
  describe(name, () => {
    describeUsers(getStore);
    describeChanges(getStore);
    describeStats(getStore);
    describeIdempotency(getStore);
    describeLists(getStore);
    describeSearch(getStore);
    describeImports(getStore);
    describePoints(getStore);
  });
}

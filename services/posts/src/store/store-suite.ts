import { describe } from 'vitest';
import type { PostStore } from './store.ts';
import { describeIdempotency } from './testing/idempotency-suite.ts';
import { describeLists } from './testing/lists-suite.ts';
import { describePosts } from './testing/posts-suite.ts';
import { describeSearch } from './testing/search-suite.ts';

/** What every posts' store promises, whatever it is made of. The database may hold other posts. */
export function describePostStore(name: string, getStore: () => PostStore): void {
  describe(name, () => {
    describePosts(getStore);
    describeIdempotency(getStore);
    describeLists(getStore);
    describeSearch(getStore);
  });
}

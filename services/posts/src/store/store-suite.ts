import { describeIdempotency, makeCall } from '@tandem/rpc/testing';
import { describe } from 'vitest';
import type { PostStore, PostsTransaction } from './store.ts';
import { describeAuthors } from './testing/authors-suite.ts';
import { describeChanges } from './testing/changes-suite.ts';
import { describeHits } from './testing/hits-suite.ts';
import { describeLists } from './testing/lists-suite.ts';
import { describePosts } from './testing/posts-suite.ts';
import { describeQueries } from './testing/queries-suite.ts';
import { describeSearchablePosts } from './testing/searchable-posts-suite.ts';
import { describeStats } from './testing/stats-suite.ts';
import { makePost } from './testing/store-calls.ts';

/** What every posts' store promises, whatever it is made of. The database may hold other posts. */
export function describePostStore(name: string, getStore: () => PostStore): void {
  describe(name, () => {
    describePosts(getStore);
    describeIdempotency<PostsTransaction>(() => ({
      store: getStore(),
      insert: (tx, id) => tx.posts.insert(makePost({ id })),
      exists: async (id) => (await getStore().reader.get(id, makeCall())) !== undefined,
    }));
    describeLists(getStore);
    describeStats(getStore);
    describeAuthors(getStore);
    describeQueries(getStore);
    describeHits(getStore);
    describeSearchablePosts(getStore);
    describeChanges(getStore);
  });
}

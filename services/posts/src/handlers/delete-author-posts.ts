import type { DeleteAuthorPostsRequestSchema, DeleteAuthorPostsResponseSchema } from '@tandem/contracts/posts';
import { breakpoint, type Call, type UnaryHandler } from '@tandem/rpc';
import type { TimeMillis } from '../domain/post.ts';
import type { PostListing, PostReader, PostStore } from '../store/store.ts';
import { splitForCommits, writeOrHalve } from './import-parts.ts';

/** How many posts are looked up at once. */
const batchSize = 200;
/** The rest of a call's time is for the batch in work and for the answer. */
const workShare = 0.6;

export interface DeleteAuthorPostsDependencies {
  readonly store: Pick<PostStore, 'transaction' | 'withoutTransaction'> & {
    readonly reader: Pick<PostReader, 'list' | 'measure'>;
  };
  readonly now: () => TimeMillis;
}

/**
 * Leaves the author's tombstone, then deletes the author's posts, part by part, as far as the call's time allows. Done is
 * told when there are none, and none can arrive any more.
 */
export function deleteAuthorPosts({
  store,
  now,
}: DeleteAuthorPostsDependencies): UnaryHandler<
  typeof DeleteAuthorPostsRequestSchema,
  typeof DeleteAuthorPostsResponseSchema
> {
  return async ({ authorId }, call) => {
    const startedAt = now();
    const stopAt = startedAt + (call.deadline - startedAt) * workShare;
    const inTurnFor = [authorId];
    // Before the posts are looked for: what is settled now is among them.
    const end = await store.transaction(call, ({ authors }) => authors.end(authorId), { inTurnFor });
    breakpoint('posts:tombstone');
    let { deleted } = end;
    for (;;) {
      const ids = await findPosts(store, authorId, call);
      if (ids.length === 0) return { deleted: BigInt(deleted), done: end.settled };
      for (const part of await splitByBytes(store, ids, call)) {
        deleted = Math.max(deleted, ...(await deletePart(store, { authorId, ids: part, call })));
        breakpoint('posts:part-deleted');
        if (now() >= stopAt) return { deleted: BigInt(deleted), done: false };
      }
    }
  };
}

type Store = DeleteAuthorPostsDependencies['store'];

async function findPosts({ reader }: Store, authorId: string, call: Call): Promise<string[]> {
  const order: PostListing['order'] = { field: 'create_time', descending: false };
  const listing = { filter: { authorId }, order, after: undefined, limit: batchSize, withContent: false };
  const ids: string[] = [];
  for await (const { post } of reader.list(listing, call)) ids.push(post.id);
  return ids;
}

/** To take words out of the index takes as long as to put them in. */
async function splitByBytes({ reader }: Store, ids: readonly string[], call: Call): Promise<string[][]> {
  const sizes = await reader.measure(ids, call);
  const rows = ids.map((id) => ({ id, content: undefined }));
  return [...splitForCommits(rows, sizes)].map((part) => part.map(({ id }) => id));
}

/** The author's count after each commit. */
function deletePart(
  store: Store,
  { authorId, ids, call }: { authorId: string; ids: readonly string[]; call: Call },
): Promise<number[]> {
  const { deadline, signal } = call;
  return writeOrHalve(ids, {
    inTransaction: async (part) => {
      const { count } = await store.transaction(
        { deadline, signal, divisible: true },
        async ({ authors }) => ({ count: await authors.deletePosts(authorId, part) }),
        { inTurnFor: [authorId] },
      );
      return [count];
    },
    alone: async (id) => [await store.withoutTransaction(call, ({ authors }) => authors.deletePosts(authorId, [id]))],
  });
}

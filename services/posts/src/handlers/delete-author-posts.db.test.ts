import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { DeleteAuthorPostsRequestSchema, type DeleteAuthorPostsResponse } from '@tandem/contracts/posts';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { PostDocument } from '../store/mongo-post-document.ts';
import { type PostStore, TransactionEnded } from '../store/store.ts';
import { insertPosts, makePost, toIndexedDocument } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { deleteAuthorPosts } from './delete-author-posts.ts';

const { store, direct } = await usePostsStore();
const call = makeCall({ deadline: Date.now() + 60_000 });
const remove = async (authorId: string, { from = store as PostStore, now = () => Date.now() } = {}) =>
  (await deleteAuthorPosts({ store: from, now })(
    create(DeleteAuthorPostsRequestSchema, { authorId }),
    call,
  )) as DeleteAuthorPostsResponse;
const countOf = (authorId: string) => store.reader.count({ authorId }, makeCall());

/** The posts of one author, one commit each. */
async function makePosts(count: number, fields: Parameters<typeof makePost>[0] = {}) {
  const authorId = randomUUID();
  await insertPosts(
    store,
    Array.from({ length: count }, () => makePost({ ...fields, authorId })),
  );
  return authorId;
}

/** Past a call's time as soon as it has begun. */
function makeHurry(): () => number {
  let asked = 0;
  return () => (asked++ === 0 ? Date.now() : call.deadline);
}

describe('DeleteAuthorPosts', () => {
  it('goes on where its time was over, and counts each post once', async () => {
    const authorId = await makePosts(450);
    const replies = [];
    for (let calls = 0; calls < 4; calls += 1) replies.push(await remove(authorId, { now: makeHurry() }));
    expect(replies).toEqual([
      { deleted: 200n, done: false },
      { deleted: 400n, done: false },
      { deleted: 450n, done: false },
      { deleted: 450n, done: true },
    ]);
    expect(await countOf(authorId)).toBe(0);
  });

  it('commits by parts of at most 256 KiB of contents', async () => {
    const authorId = await makePosts(5, { content: 'leek '.repeat(20_000) });
    expect(await remove(authorId, { now: makeHurry() })).toEqual({ deleted: 2n, done: false });
    expect(await remove(authorId)).toEqual({ deleted: 5n, done: true });
  });

  it('deletes all where the database ends every transaction that deletes', async () => {
    const authorId = await makePosts(5);
    let deletions = 0;
    const ended: PostStore = {
      ...store,
      transaction: (bounds, work, options) =>
        store.transaction(
          bounds,
          async (tx) => {
            const result = await work(tx);
            if (!bounds.divisible) return result;
            deletions += 1;
            throw new TransactionEnded(undefined);
          },
          options,
        ),
    };
    expect(await remove(authorId, { from: ended })).toEqual({ deleted: 5n, done: true });
    expect(deletions).toBe(9);
    expect(await countOf(authorId)).toBe(0);
  });

  it('is not done before a post is over that is written without a transaction, and none is left when it comes', async () => {
    const authorId = randomUUID();
    // Its guard is written, and then it takes its time.
    const landing = Promise.withResolvers<void>();
    const admitted = Promise.withResolvers<void>();
    const importing = store.withoutTransaction(makeCall(), async (writers) => {
      await writers.authors.admit([authorId]);
      admitted.resolve();
      await landing.promise;
      await writers.posts.insert(makePost({ authorId }));
    });
    await admitted.promise;
    expect(await remove(authorId)).toEqual({ deleted: 0n, done: false });
    landing.resolve();
    await expect(importing).rejects.toMatchObject({ reason: 'AUTHOR_NOT_FOUND' });
    expect(await countOf(authorId)).toBe(0);
  });

  it('deletes in a later run what a killed process had written without a transaction', async () => {
    const authorId = randomUUID();
    await store.withoutTransaction(makeCall(), async ({ authors }) => {
      await authors.admit([authorId]);
    });
    expect(await remove(authorId)).toEqual({ deleted: 0n, done: false });
    await direct
      .db()
      .collection<PostDocument>('posts')
      .insertOne(toIndexedDocument(makePost({ authorId })));
    expect(await remove(authorId)).toEqual({ deleted: 1n, done: false });
    expect(await countOf(authorId)).toBe(0);
  });
});

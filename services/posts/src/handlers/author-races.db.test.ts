import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import {
  ConfirmPostRequestSchema,
  CreatePostRequestSchema,
  DeleteAuthorPostsRequestSchema,
  type DeleteAuthorPostsResponse,
  ImportPostRowSchema,
  ReservePostRequestSchema,
} from '@tandem/contracts/posts';
import { TandemError } from '@tandem/rpc';
import { makeCall as makeShortCall } from '@tandem/rpc/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createMongoStore } from '../store/mongo-store.ts';
import { openPostsDatabase } from '../store/open-database.ts';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { checkChunk } from './check-chunk.ts';
import { confirmPost } from './confirm-post.ts';
import { createPost } from './create-post.ts';
import { deleteAuthorPosts } from './delete-author-posts.ts';
import { importChunk } from './import-chunk.ts';
import { reservePost } from './reserve-post.ts';

const rounds = 25;

/** Two stores on one database, as of two processes: neither waits for the other's turns. */
const { url, store } = await usePostsStore();
const other = createMongoStore(await openPostsDatabase(url));
afterAll(() => other[Symbol.asyncDispose]());

const now = () => Date.now();
/** Takes a while to index, so that the end comes in between. */
const content = Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(' ');
const makeCall = () => makeShortCall({ deadline: Date.now() + 20_000 });
/** Users that are all there, whatever becomes of them: what the users service knows comes too late. */
const active = { isActive: true, bytes: new Uint8Array() };
const authors = {
  find: async () => active,
  findMany: async (ids: readonly string[]) => new Map(ids.map((id) => [id, active])),
};

const write = (on: PostStore, authorId: string) =>
  createPost({ store: on, authors, now, newId: randomUUID })(
    create(CreatePostRequestSchema, { authorId, title: 'Created', content }),
    makeCall(),
  );
const take = async (on: PostStore, authorId: string) => {
  const rows = ['One', 'Two'].map((title) => create(ImportPostRowSchema, { authorId, title, content }));
  const call = makeCall();
  const chunk = await checkChunk(rows, { authors, newId: randomUUID }, call);
  return importChunk(chunk, { store: on, now }, { onDuplicate: 'error', call });
};
const reserve = async (authorId: string) => {
  const postId = randomUUID();
  const request = create(ReservePostRequestSchema, { postId, authorId, title: 'Reserved', content });
  await reservePost({ store, now })(request, makeCall());
  return postId;
};
const confirm = (on: PostStore, postId: string) =>
  confirmPost({ store: on })(create(ConfirmPostRequestSchema, { postId }), makeCall());
const remove = async (on: PostStore, authorId: string) => {
  const request = create(DeleteAuthorPostsRequestSchema, { authorId });
  for (;;) {
    const reply = (await deleteAuthorPosts({ store: on, now })(request, makeCall())) as DeleteAuthorPostsResponse;
    if (reply.done) return Number(reply.deleted);
  }
};
const countOf = (authorId: string) => store.reader.count({ authorId }, makeCall());

/** How many posts it made; none where the author was ended first. */
async function countMade(work: Promise<unknown>): Promise<number> {
  try {
    const answer = await work;
    return Array.isArray(answer) ? answer.filter((outcome) => outcome === 'imported').length : 1;
  } catch (error) {
    if (error instanceof TandemError && error.reason === 'AUTHOR_NOT_FOUND') return 0;
    throw error;
  }
}

async function after(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await setImmediate();
}

describe('an author’s end beside new posts of the author', () => {
  it('leaves no post behind, whichever comes first, and counts each that was there', { timeout: 120_000 }, async () => {
    const made: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const authorId = randomUUID();
      const postId = await reserve(authorId);
      if (round === 0) await remove(store, authorId);
      const works = [
        write(store, authorId),
        write(other, authorId),
        after(round % 7).then(() => confirm(other, postId)),
        after(round % 5).then(() => take(store, authorId)),
      ].map(countMade);
      // The first round is the author's end's, the last one that of the posts.
      if (round === rounds - 1) await Promise.all(works);
      const deleting = after(round % 11).then(() => remove(round % 2 ? store : other, authorId));
      const counts = await Promise.all(works);
      const deleted = await deleting;
      expect(await countOf(authorId)).toBe(0);
      expect(deleted).toBe(counts.reduce((sum, count) => sum + count, 0));
      made.push(deleted);
    }
    expect([made[0], made.at(-1)]).toEqual([0, 5]);
  });

  const ways: [string, (tx: PostsTransaction, authorId: string, postId: string) => Promise<unknown>][] = [
    ['created', (tx, authorId) => tx.posts.insert(makePost({ authorId }))],
    ['imported', (tx, authorId) => tx.posts.insertMany([makePost({ authorId }), makePost({ authorId })])],
    [
      'confirmed',
      async (tx, _, postId) => {
        const reservation = await tx.reservations.find(postId);
        if (reservation?.state !== 'reserved') throw new TandemError('AUTHOR_NOT_FOUND', 'It was cancelled.');
        await tx.posts.insert(reservation.post);
        await tx.reservations.decide(postId, 'confirmed');
      },
    ],
  ];
  it.each(ways)('waits for a post that is being %s', async (_, make) => {
    const authorId = randomUUID();
    const postId = await reserve(authorId);
    const [begun, commit, met] = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const making = other.transaction(makeCall(), async (tx) => {
      await make(tx, authorId, postId);
      begun?.resolve();
      await commit?.promise;
      return {};
    });
    await begun?.promise;
    let attempts = 0;
    const watched: PostStore = {
      ...store,
      transaction: (call, work, options) =>
        store.transaction(
          call,
          (tx) => {
            attempts += 1;
            if (attempts === 3) met?.resolve();
            return work(tx);
          },
          options,
        ),
    };
    const deleting = remove(watched, authorId);
    await Promise.race([deleting, met?.promise]);
    commit?.resolve();
    await Promise.all([deleting, making]);
    expect(await countOf(authorId)).toBe(0);
  });
});

import { startTcpProxy } from '@tandem/dev-stack';
import { AnswerRecorded, TandemError } from '@tandem/rpc';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createMongoStore } from './mongo-store.ts';
import { openPostsDatabase } from './open-database.ts';
import type { PostsTransaction } from './store.ts';
import { insertPosts, makeCall, makeClaim, makePost, reasonOf } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { url, store: direct } = await usePostsStore();
const proxy = await startTcpProxy({ targetPort: Number(new URL(url).port) });
const store = createMongoStore(await openPostsDatabase(url.replace(new URL(url).host, `127.0.0.1:${proxy.port}`)));
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});
afterEach(() => proxy.resume());

const within = (timeoutMs: number) => ({ ...makeCall(), deadline: Date.now() + timeoutMs });

describe('a transaction whose connection fails', () => {
  it('before the commit runs again, with one effect', async () => {
    const post = makePost();
    let runs = 0;
    await store.transaction(makeCall(), async (tx) => {
      runs += 1;
      await tx.posts.findMany([post.id]);
      if (runs === 1) proxy.cut();
      await tx.posts.insert(post);
      return {};
    });
    expect(runs).toBe(2);
    expect(await direct.reader.get(post.id, makeCall())).toEqual(post);
  });

  it('in the commit is committed once', async () => {
    const post = makePost();
    let runs = 0;
    await store.transaction(makeCall(), async (tx) => {
      await tx.posts.insert(post);
      runs += 1;
      if (runs === 1) proxy.cut();
      return {};
    });
    expect(await direct.reader.get(post.id, makeCall())).toEqual(post);
  });

  it('in the commit, and stays so, is told as unknown in time', async () => {
    const call = within(1_500);
    const lost = store.transaction(call, async (tx) => {
      await tx.posts.insert(makePost());
      proxy.blackhole();
      return {};
    });
    expect(await reasonOf(lost)).toBe('OUTCOME_UNKNOWN');
    expect(Date.now()).toBeLessThanOrEqual(call.deadline);
  });

  it('with a claim is settled by a retry', async () => {
    const claim = makeClaim();
    const post = makePost();
    const work = async (tx: PostsTransaction) => {
      await tx.posts.insert(post);
      return { id: post.id };
    };
    const lost = store.transaction({ ...within(1_000), claim }, async (tx) => {
      const reply = await work(tx);
      proxy.blackhole();
      return reply;
    });
    expect(['OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED']).toContain(await reasonOf(lost));
    proxy.resume();
    expect(await settle(() => direct.transaction(makeCall(claim), work))).toEqual({ id: post.id });
    expect(await direct.reader.get(post.id, makeCall())).toEqual(post);
  });

  it('for good tells that the store is unavailable, within the selection timeout', async () => {
    proxy.refuse();
    expect(await reasonOf(insertPosts(store, [makePost()]))).toBe('STORE_UNAVAILABLE');
    expect(await reasonOf(store.reader.count({}, within(8_000)))).toBe('STORE_UNAVAILABLE');
  });
});

describe('a transaction that does not end', () => {
  it('holds nobody up for longer than the server lets it', async () => {
    const post = makePost();
    await insertPosts(direct, [post]);
    const change = (title: string, held?: () => Promise<void>) =>
      direct.transaction(makeCall(), async (tx) => {
        await tx.posts.replaceMany([{ ...post, title }]);
        await held?.();
        return {};
      });
    const stuck = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const first = change('stuck', () => {
      begun.resolve();
      return stuck.promise;
    });
    await begun.promise;
    await change('after');
    stuck.resolve();
    await first;
    expect((await direct.reader.get(post.id, makeCall()))?.title).toBe('stuck');
  });
});

/** Until the first attempt is over, one way or the other. */
async function settle<T>(attempt: () => Promise<T>): Promise<unknown> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof AnswerRecorded) return JSON.parse(Buffer.from(error.answer.bytes).toString());
      if (!(error instanceof TandemError && error.reason === 'REQUEST_IN_PROGRESS')) throw error;
    }
  }
}

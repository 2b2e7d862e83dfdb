import { randomUUID } from 'node:crypto';
import { startTcpProxy } from '@tandem/dev-stack';
import { AnswerRecorded, TandemError } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FullPost } from '../domain/post.ts';
import { createMongoStore } from './mongo-store.ts';
import { openPostsDatabase } from './open-database.ts';
import { type PostsTransaction, type StoreCall, TransactionEnded } from './store.ts';
import { insertPosts, makePost } from './testing/store-calls.ts';
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

/** Counts tenths of a second after the deadline in which this process ran: one that stood still is not late. */
function countLateBeats({ deadline }: { deadline: number }): () => number {
  let beats = 0;
  const beat = () => {
    beats += Date.now() > deadline ? 1 : 0;
  };
  const timer = setInterval(beat, 100);
  onTestFinished(() => clearInterval(timer));
  return () => beats;
}

describe('a transaction whose connection fails', () => {
  it('before the commit runs again, with one effect', async () => {
    const post = makePost();
    let runs = 0;
    await store.transaction(makeCall(), async (tx) => {
      runs += 1;
      await tx.posts.findIds([post.id]);
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
    const call = within(3_000);
    const late = countLateBeats(call);
    const lost = store.transaction(call, async (tx) => {
      await tx.posts.insert(makePost());
      proxy.blackhole();
      return {};
    });
    expect(await reasonOf(lost)).toBe('OUTCOME_UNKNOWN');
    // The driver would wait for 30 s.
    expect(late()).toBeLessThan(30);
  });

  it('with a claim is settled by a retry', async () => {
    const claim = makeClaim();
    const post = makePost();
    const work = async (tx: PostsTransaction) => {
      await tx.posts.insert(post);
      return { id: post.id };
    };
    const lost = store.transaction({ ...within(3_000), claim }, async (tx) => {
      const reply = await work(tx);
      proxy.blackhole();
      return reply;
    });
    expect(['OUTCOME_UNKNOWN', 'STORE_UNAVAILABLE', 'DEADLINE_EXCEEDED']).toContain(await reasonOf(lost));
    proxy.resume();
    expect(await settle(() => direct.transaction(makeCall({ claim }), work))).toEqual({ id: post.id });
    expect(await direct.reader.get(post.id, makeCall())).toEqual(post);
  });

  it('for good tells that the store is unavailable, within the selection timeout', async () => {
    proxy.refuse();
    expect(await reasonOf(insertPosts(store, [makePost()]))).toBe('STORE_UNAVAILABLE');
    expect(await reasonOf(store.reader.count({}, within(8_000)))).toBe('STORE_UNAVAILABLE');
  });
});

/** Each waits for the server's limit, so all do at once. */
describe.concurrent('a transaction that does not end', () => {
  /** Changes a post and lasts until the server has ended it, as another that changes the same post can tell. */
  const outlive = async (call: StoreCall, after: (tx: PostsTransaction) => Promise<void> = async () => {}) => {
    const post = makePost();
    await insertPosts(direct, [post]);
    const change = (title: string) => [{ before: post, after: { ...post, title } }];
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let runs = 0;
    const outliving = direct.transaction(call, async (tx) => {
      await tx.posts.updateMany(change('stuck'));
      runs += 1;
      begun.resolve();
      await ended.promise;
      await after(tx);
      return {};
    });
    await begun.promise;
    await direct.transaction(makeCall(), async (tx) => {
      await tx.posts.updateMany(change('after'));
      return {};
    });
    ended.resolve();
    const error = await outliving.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { error, runs, title: (await direct.reader.get(post.id, makeCall()))?.title };
  };

  it('holds nobody up for longer than the server lets it, and runs again', async () => {
    expect(await outlive(makeCall())).toEqual({ error: undefined, runs: 2, title: 'stuck' });
  });

  it.each([
    ['in its commit', async () => {}],
    ['in a statement', async (tx: PostsTransaction) => void (await tx.posts.findIds([randomUUID()]))],
    ['in a bulk write', (tx: PostsTransaction) => tx.posts.insertMany([makePost()])],
  ])('is told as that, once, where its work can be divided: %s', async (_, after) => {
    const { error, runs, title } = await outlive({ ...makeCall(), divisible: true }, after);
    expect(error).toBeInstanceOf(TransactionEnded);
    expect(error).toMatchObject({ reason: 'STORE_UNAVAILABLE', message: expect.stringContaining('took longer') });
    expect({ runs, title }).toEqual({ runs: 1, title: 'after' });
  });
});

describe('a transaction that meets others', () => {
  const change = (post: FullPost, title: string) => [{ before: post, after: { ...post, title } }];

  /** Runs a divisible change of a post that another transaction has changed and not yet committed. */
  const meet = async (call: StoreCall, onAttempt: () => void = () => {}) => {
    const post = makePost();
    await insertPosts(direct, [post]);
    const changed = Promise.withResolvers<void>();
    const met = Promise.withResolvers<void>();
    const other = direct.transaction(makeCall(), async (tx) => {
      await tx.posts.updateMany(change(post, 'other'));
      changed.resolve();
      await met.promise;
      return {};
    });
    await changed.promise;
    let runs = 0;
    const meeting = direct.transaction({ ...call, divisible: true }, async (tx) => {
      runs += 1;
      onAttempt();
      await tx.posts.updateMany(change(post, 'ours'));
      return {};
    });
    const error = await meeting.catch((thrown: unknown) => thrown);
    met.resolve();
    await other;
    return { error, runs };
  };

  it('has its work divided when no moment was found for the whole', async () => {
    const { error, runs } = await meet(within(2_000));
    expect(error).toBeInstanceOf(TransactionEnded);
    expect(runs).toBeGreaterThan(1);
  });

  it('has its work divided at once when the conflict came as late as the end of its lifetime', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { error, runs } = await meet(makeCall(), () => vi.setSystemTime(Date.now() + 2_600));
    expect(error).toBeInstanceOf(TransactionEnded);
    expect(runs).toBe(1);
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

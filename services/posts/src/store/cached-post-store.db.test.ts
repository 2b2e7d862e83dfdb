import { randomUUID } from 'node:crypto';
import { carryInvalidations } from '@tandem/cache';
import { AnswerRecorded } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { afterEach, describe, expect, it } from 'vitest';
import type { FullPost } from '../domain/post.ts';
import { type LoneWriters, type PostStore, type PostsTransaction, TransactionEnded } from './store.ts';
import { describePostStore } from './store-suite.ts';
import { collect, insertPosts, makePost } from './testing/store-calls.ts';
import { useCachedStore } from './testing/use-cached-store.ts';

const { store, encoded, bare, cacheStore, direct, driver, metrics, invalidations } = await useCachedStore();
const tally = metrics.entity('post');
const large = 'x'.repeat(64 * 1024 + 1);

afterEach(() => driver.heal());

describePostStore('a cache before MongoDB', () => store);

const read = (id: string) => store.reader.get(id, makeCall());
const readBare = (id: string) => bare.reader.get(id, makeCall());
const run = <T>(work: (tx: PostsTransaction) => Promise<T>) =>
  store.transaction(makeCall(), async (tx) => ({ done: await work(tx) }));
const runAlone = <T>(work: (writers: LoneWriters) => Promise<T>) => store.withoutTransaction(makeCall(), work);
const keyOf = (id: string) => `tandem:posts:{post:${id}}`;
const page = { dueOnly: false, afterId: undefined, limit: 1_000 };
const readRecords = () => invalidations.read(page, new AbortController().signal);
const readKeys = async () => (await readRecords()).flatMap(({ keys }) => keys);
const clearRecords = () => direct.db().collection('cache_invalidations').deleteMany({});

async function insertPost(fields: Partial<FullPost> = {}): Promise<FullPost> {
  const post = makePost(fields);
  await insertPosts(store, [post]);
  return post;
}

/** Reads until the answer comes from the cache. */
async function warm(id: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { hits } = tally;
        await read(id);
        return tally.hits - hits;
      },
      { timeout: 10_000 },
    )
    .toBe(1);
}

function retitle(post: FullPost) {
  return { before: post, after: { ...post, title: 'Another', version: post.version + 1 } };
}

describe('a post that is cached', () => {
  const changes: Record<string, (post: FullPost) => Promise<unknown>> = {
    'an update': (post) => run(({ posts }) => posts.updateMany([retitle(post)])),
    'a deletion': (post) => run(({ posts }) => posts.delete(post)),
    'the deletion of its author': (post) => run(({ authors }) => authors.deletePosts(post.authorId, [post.id])),
    'an update without a transaction': (post) => runAlone(({ posts }) => posts.updateMany([retitle(post)])),
    'a deletion without a transaction': (post) => runAlone(({ posts }) => posts.delete(post)),
    'the deletion of its author without a transaction': (post) =>
      runAlone(({ authors }) => authors.deletePosts(post.authorId, [post.id])),
  };

  it.each(Object.keys(changes))('is read as it is by the next read after %s', async (change) => {
    const post = await insertPost();
    await warm(post.id);
    await changes[change]!(post);
    expect(await read(post.id)).toEqual(await readBare(post.id));
    expect(await read(post.id)).not.toEqual(post);
  });

  it.each(Object.keys(changes))('is not served old when nothing of %s reaches Redis', async (change) => {
    const post = await insertPost();
    await warm(post.id);
    await clearRecords();
    driver.inject(({ name }) => (name === 'mark' || name === 'settle' ? 'refuse' : undefined));
    // Long enough without an answer that every process has stopped reading it: the reply need not wait.
    driver.setHealth({ readable: false, unansweredMs: 1_000 });
    await changes[change]!(post);
    expect(await readKeys()).toContain(keyOf(post.id));
    driver.heal();
    await carryInvalidations(driver, invalidations, { signal: new AbortController().signal, dueOnly: false });
    expect(await read(post.id)).toEqual(await readBare(post.id));
  });

  it('is changed in doubt where neither Redis nor the record of what to drop can be had', async () => {
    const post = await insertPost();
    const away = async (from: string, to: string) => void (await direct.db().collection(from).rename(to));
    await away('cache_invalidations', 'cache_invalidations_away');
    await direct.db().createCollection('cache_invalidations', { validator: { never: { $exists: true } } });
    try {
      driver.inject(({ name }) => (name === 'settle' ? 'refuse' : undefined));
      driver.setHealth({ readable: false, unansweredMs: 1_000 });
      expect(await reasonOf(changes['an update']!(post))).toBe('OUTCOME_UNKNOWN');
    } finally {
      await direct.db().collection('cache_invalidations').drop();
      await away('cache_invalidations_away', 'cache_invalidations');
    }
    expect(await readBare(post.id)).toMatchObject({ title: 'Another' });
  });

  it('is the same as without a cache while it is not published', async () => {
    const draft = await insertPost({ published: false, publishTime: undefined });
    await warm(draft.id);
    expect(await read(draft.id)).toEqual(draft);
  });
});

describe('an id that no post has', () => {
  const makings: Record<string, (post: FullPost) => Promise<unknown>> = {
    'is created under it': (post) => run(({ posts }) => posts.insert(post)),
    'is imported under it': (post) => run(({ posts }) => posts.insertMany([post])),
    'is written under it without a transaction': (post) => runAlone(({ posts }) => posts.insertMany([post])),
  };

  it.each(Object.keys(makings))('has one for the next read once a post %s', async (making) => {
    const post = makePost();
    await warm(post.id);
    await makings[making]!(post);
    expect(await read(post.id)).toEqual(post);
  });

  it('needs no mark where it was just made', async () => {
    const before = metrics.fences.marks;
    await run(({ posts }) => posts.insert(makePost(), { idIsChosen: false }));
    expect(metrics.fences.marks).toBe(before);
    const [made, chosen] = [makePost(), makePost()];
    await run(({ posts }) => posts.insertMany([made, chosen], { madeIds: new Set([made.id]) }));
    expect(metrics.fences.marks).toBe(before + 1);
  });

  it('is marked where a post is written without a transaction, which may take it out again', async () => {
    const before = metrics.fences.marks;
    const post = makePost();
    await runAlone(({ posts }) => posts.insertMany([post], { madeIds: new Set([post.id]) }));
    expect(metrics.fences.marks).toBe(before + 1);
  });
});

describe('a post with a content too large for the cache', () => {
  it('is read in the database each time, and is known to be there', async () => {
    const post = await insertPost({ content: large });
    await warm(post.id);
    const { hits } = tally;
    expect(await read(post.id)).toEqual(post);
    expect(tally.hits).toBe(hits + 1);
    expect((await driver.get(`${keyOf(post.id)}v`))?.length).toBeLessThan(16);
  });

  it('is read as it is when it becomes small, and large again', async () => {
    let post = await insertPost({ content: large });
    for (const content of ['small', large]) {
      await warm(post.id);
      const after = { ...post, content, version: post.version + 1 };
      await run(({ posts }) => posts.updateMany([{ before: post, after }]));
      expect(await read(post.id)).toEqual(after);
      post = after;
    }
  });
});

describe('many posts at once', () => {
  const select = (reader: typeof encoded.reader, ids: readonly string[]) => collect(reader.select(ids, makeCall()));

  it.each(['reader', 'eventualReader', 'strongReader'] as const)(
    'come each once by the %s, cached or not, large or not',
    async (name) => {
      const posts = Array.from({ length: 130 }, (_, place) => makePost(place % 60 === 0 ? { content: large } : {}));
      await insertPosts(bare, posts);
      for (const { id } of posts.slice(0, 5)) await warm(id);
      const ids = posts.map(({ id }) => id);
      const found = await select(encoded[name], [...ids, randomUUID(), ...ids.slice(0, 3)]);
      expect(found.map(({ id }) => id).sort()).toEqual([...ids].sort());
      const expected = new Map(
        (await select(encoded.strongReader, ids)).map(({ id, bytes }) => [id, Buffer.from(bytes)]),
      );
      for (const { id, bytes } of found) expect(Buffer.from(bytes).equals(expected.get(id)!)).toBe(true);
    },
  );
});

describe('a recorded reply that is given again', () => {
  it('comes after the cache was told of what its first attempt wrote, and leaves no doubt about its own', async () => {
    const post = await insertPost();
    await clearRecords();
    const claim = makeClaim();
    const update = () =>
      store.transaction(makeCall({ claim }), async ({ posts }) => {
        await posts.updateMany([retitle(post)]);
        return { title: 'Another' };
      });
    await update();
    // As if the first attempt had died before its settlement, its mark lost, and an old value been filled since.
    await warm(post.id);
    const before = tally.misses;
    await expect(update()).rejects.toBeInstanceOf(AnswerRecorded);
    expect(await readKeys()).toEqual([]);
    await read(post.id);
    expect(tally.misses).toBe(before + 1);
    await warm(post.id);
    expect(await store.records.find(claim, makeCall())).toMatchObject({ kind: 'reply' });
    await read(post.id);
    expect(tally.misses).toBeGreaterThan(before + 1);
  });
});

describe('a transaction', () => {
  const updateIn = (failing: PostStore, post: FullPost) =>
    failing.transaction(makeCall(), async ({ posts }) => {
      await posts.updateMany([retitle(post)]);
      return {};
    });

  it('that fails when it has committed is taken for one that may still take effect', async () => {
    const post = await insertPost();
    const unindexed: PostStore['transaction'] = async (...how) => {
      await bare.transaction(...how);
      throw new Error('not indexed');
    };
    const { store: failing } = cacheStore({ ...bare, transaction: unindexed });
    await warm(post.id);
    await expect(updateIn(failing, post)).rejects.toThrow('not indexed');
    const { metWriters } = tally;
    expect(await read(post.id)).toMatchObject({ title: 'Another' });
    expect(tally.metWriters).toBe(metWriters + 1);
  });

  const endings = {
    'that the database ended': new TransactionEnded(undefined),
    'whose commit lost to a duplicate': new AnswerRecorded({ kind: 'reply', bytes: new Uint8Array() }),
  };

  it.each(Object.entries(endings))('%s leaves no doubt', async (_, ending) => {
    const post = await insertPost();
    const ended: PostStore['transaction'] = (call, work) =>
      bare.transaction(call, async (tx) => {
        await work(tx);
        throw ending;
      });
    const { store: failing } = cacheStore({ ...bare, transaction: ended });
    await expect(updateIn(failing, post)).rejects.toBe(ending);
    const { metWriters } = tally;
    expect(await read(post.id)).toEqual(post);
    expect(tally.metWriters).toBe(metWriters);
  });

  it('waits no longer than its caller, whose signal is made when it is asked for', async () => {
    const controller = new AbortController();
    class LazyCall {
      readonly deadline = Date.now() + 20_000;
      get signal() {
        return controller.signal;
      }
    }
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const inTurnFor = [randomUUID()];
    const work = async () => {
      begun.resolve();
      await release.promise;
      return {};
    };
    const first = store.transaction(makeCall(), work, { inTurnFor });
    await begun.promise;
    const second = store.transaction(new LazyCall(), async () => ({}), { inTurnFor });
    controller.abort(new Error('went away'));
    await expect(second).rejects.toThrow('went away');
    release.resolve();
    await first;
  });
});

describe('a write without a transaction', () => {
  it('is not sent before it is marked, for as long as it may take, or on record for as long', async () => {
    const post = await insertPost();
    const mark = Promise.withResolvers<void>();
    driver.inject(({ name }) => (name === 'mark' ? { executeAfter: mark.promise } : undefined));
    await clearRecords();
    await runAlone(async ({ posts }) => {
      await posts.updateMany([retitle(post)]);
      // Its mark failed: what was put on record before it is not due while such a write may still take effect.
      expect(await readRecords()).toMatchObject([{ keys: [keyOf(post.id)], isDue: false }]);
    });
    mark.resolve();
    await driver.late();
    await clearRecords();
  });

  it('that was not answered is taken for one that may still take effect', async () => {
    const post = await insertPost();
    await warm(post.id);
    await clearRecords();
    await expect(
      runAlone(async ({ posts }) => {
        await posts.updateMany([retitle(post)]);
        throw new Error('cut off');
      }),
    ).rejects.toThrow('cut off');
    expect(await readRecords()).toMatchObject([{ keys: [keyOf(post.id)], isDue: false }]);
    const { metWriters } = tally;
    await read(post.id);
    expect(tally.metWriters).toBe(metWriters + 1);
    await clearRecords();
  });
});

describe('a strong read, and one that may lag', () => {
  it('pass over the cache, and never fill it', async () => {
    const post = await insertPost();
    const { fills, hits } = tally;
    await encoded.strongReader.get(post.id, makeCall());
    await encoded.eventualReader.get(post.id, makeCall());
    await collect(encoded.eventualReader.select([post.id], makeCall()));
    expect(tally).toMatchObject({ fills, hits });
    await warm(post.id);
    const { hits: warmed } = tally;
    await encoded.eventualReader.get(post.id, makeCall());
    await encoded.strongReader.get(post.id, makeCall());
    expect(tally.hits).toBe(warmed + 1);
  });
});

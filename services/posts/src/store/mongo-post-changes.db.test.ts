import { randomUUID } from 'node:crypto';
import { createRandom, makeCall, reasonOf } from '@tandem/rpc/testing';
import { type Collection, type CollectionInfo, MongoClient } from 'mongodb';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FullPost } from '../domain/post.ts';
import { createPostChanges, type PostChangesOptions } from './mongo-post-changes.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { openWatch } from './testing/changes-suite.ts';
import { insertPosts, makePost } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { url, store, direct } = await usePostsStore();
const db = direct.db();
const posts = db.collection<PostDocument>('posts');
const client = new MongoClient(url);
afterAll(() => client.close());

/** Another watch over the same posts, with its own feed. */
function useChanges(options: Partial<PostChangesOptions> = {}) {
  return { changes: createPostChanges(client.db().collection<PostDocument>('posts'), { awaitMs: 50, ...options }) };
}

async function insertOneByOne(authorId: string, count: number): Promise<FullPost[]> {
  const made = Array.from({ length: count }, (_, n) => makePost({ authorId, title: `Post ${n}` }));
  for (const post of made) await insertPosts(store, [post]);
  return made;
}

/** Cursors of change streams that the server holds for these posts, waiting or not. */
async function countStreams(): Promise<number> {
  const ops = direct.db('admin').aggregate([
    { $currentOp: { idleCursors: true, allUsers: true, localOps: true } },
    {
      $match: {
        ns: `${db.databaseName}.posts`,
        'cursor.originatingCommand.pipeline.$changeStream': { $exists: true },
      },
    },
  ]);
  return (await ops.toArray()).length;
}

const untilStreams = (count: number) =>
  vi.waitUntil(async () => (await countStreams()) === count, { timeout: 60_000, interval: 20 });

describe('a watch', () => {
  it('tells of life, and goes on, while nothing happens to posts', async () => {
    const watcher = await openWatch(useChanges({ heartbeatMs: 0 }));
    const first = await watcher.next();
    await db.collection('others').insertOne({});
    await vi.waitUntil(async () => (await watcher.next()).position > first.position, { timeout: 60_000, interval: 0 });
    expect((await watcher.next()).event).toBeUndefined();
  });

  it('tells of life, and goes on, while nothing happens to what it sees', async () => {
    const watcher = await openWatch(useChanges({ heartbeatMs: 0 }), { filter: { authorId: randomUUID() } });
    const first = await watcher.next();
    await insertOneByOne(randomUUID(), 1);
    await vi.waitUntil(async () => (await watcher.next()).position > first.position, { timeout: 60_000, interval: 0 });
  });

  it('tells nothing of changes that are the store’s own', async () => {
    const authorId = randomUUID();
    const watcher = await openWatch(useChanges(), { filter: { authorId } });
    const [post] = await insertOneByOne(authorId, 1);
    await posts.updateOne({ _id: post?.id ?? '' }, { $set: { title_folded: 'other' } });
    await posts.deleteOne({ _id: post?.id ?? '' });
    expect([(await watcher.nextEvent()).kind, (await watcher.nextEvent()).kind]).toEqual(['created', 'deleted']);
  });

  it('shares one stream of the server with all others, which ends with the last of them', async () => {
    const shared = useChanges();
    const watchers = await Promise.all(Array.from({ length: 20 }, () => openWatch(shared)));
    const told = watchers.map((watcher) => watcher.nextEvent());
    await insertOneByOne(randomUUID(), 1);
    await Promise.all(told);
    await untilStreams(1);
    const [last, ...others] = watchers;
    for (const watcher of others) await watcher.leave();
    await untilStreams(1);
    await last?.leave();
    await untilStreams(0);
  });

  it('leaves nothing in the server when it ends while it catches up', async () => {
    const shared = useChanges();
    const watcher = await openWatch(shared);
    await insertOneByOne(randomUUID(), 40);
    const { position } = await watcher.nextEvent();
    await watcher.leave();
    const again = await openWatch(shared, { after: position });
    await again.nextEvent();
    await untilStreams(2);
    await again.leave();
    await untilStreams(0);
  });

  it('is ended where it is too slow for what is kept, and goes on from its last cursor', async () => {
    const authorId = randomUUID();
    const shared = useChanges({ maxChanges: 10 });
    const [slow, fast] = [await openWatch(shared, { filter: { authorId } }), await openWatch(shared)];
    const made = await insertOneByOne(authorId, 30);
    const first = await slow.nextEvent();
    for (const _ of made) await fast.nextEvent();
    await expect(slow.nextEvent()).rejects.toMatchObject({ reason: 'OVERLOADED', retryAfterMs: expect.any(Number) });
    const again = await openWatch(shared, { filter: { authorId }, after: first.position });
    for (const post of made.slice(1)) expect((await again.nextEvent()).post.id).toBe(post.id);
  });

  it('keeps no more than it may, by bytes, for those who are slower', async () => {
    const shared = useChanges({ maxBytes: 5_000_000 });
    const [slow, fast] = [await openWatch(shared), await openWatch(shared)];
    for (let n = 0; n < 5; n += 1) await insertPosts(store, [makePost({ content: 'x'.repeat(2 ** 20) })]);
    await slow.nextEvent();
    for (let n = 0; n < 5; n += 1) await fast.nextEvent();
    expect(await reasonOf(slow.nextEvent())).toBe('OVERLOADED');
  });

  it('is refused beyond as many as may be, until one leaves', async () => {
    const shared = useChanges({ maxWatches: 2 });
    const [first] = [await openWatch(shared), await openWatch(shared)];
    expect(await reasonOf(openWatch(shared))).toBe('OVERLOADED');
    await first?.leave();
    await openWatch(shared);
  });
});

describe('a watch that goes on', () => {
  /** Makes, changes and deletes posts of an author until told to stop. */
  function startWriting(authorId: string) {
    let stopped = false;
    let written = 0;
    const lane = async () => {
      while (!stopped) {
        const post = makePost({ authorId });
        await insertPosts(store, [post, makePost({ authorId })]);
        await store.transaction(makeCall(), async (tx) => {
          await tx.posts.updateMany([{ before: post, after: { ...post, title: 'Changed', version: 2 } }]);
          return {};
        });
        await posts.deleteOne({ _id: post.id });
        written += 4;
      }
    };
    const lanes = Promise.all([lane(), lane()]);
    const stop = async () => {
      stopped = true;
      await lanes;
      return written;
    };
    onTestFinished(async () => void (await stop()));
    return { stop };
  }

  it('again and again under load loses nothing, doubles nothing and keeps the order', {
    timeout: 180_000,
  }, async () => {
    const authorId = randomUUID();
    const filter = { authorId };
    // Few are kept, so that who comes back catches up first; who stays keeps the feed going.
    const shared = useChanges({ maxChanges: 20, heartbeatMs: 0 });
    const whole = await openWatch(useChanges(), { filter });
    const staying = await openWatch(shared);
    const random = createRandom(11);
    let over = false;
    const keeping = (async () => {
      while (!over) await staying.next();
    })();
    let watcher = await openWatch(shared, { filter });
    const { stop } = startWriting(authorId);
    const seen: string[] = [];
    for (let resumed = 0; resumed < 25; resumed += 1) {
      let position = '';
      for (let news = 1 + random.below(50); news > 0; news -= 1) {
        const { event, ...place } = await watcher.next();
        position = place.position;
        if (event !== undefined) seen.push(toText(event));
      }
      await watcher.leave();
      watcher = await openWatch(shared, { filter, after: position });
    }
    const written = await stop();
    while (seen.length < written) seen.push(toText(await watcher.nextEvent()));
    over = true;
    await keeping;
    const expected: string[] = [];
    while (expected.length < written) expected.push(toText(await whole.nextEvent()));
    expect(seen).toEqual(expected);
    expect(new Set(seen).size).toBe(written);
  });

  it('is CURSOR_EXPIRED where the log of changes has no such place', async () => {
    const shared = useChanges();
    const watcher = await openWatch(shared);
    await insertOneByOne(randomUUID(), 1);
    const { position } = await watcher.nextEvent();
    await watcher.leave();
    // The same place in the first second of 1970.
    const after = `82${'00000001'}${position.slice(10)}`;
    expect(await reasonOf((await openWatch(shared, { after })).next())).toBe('CURSOR_EXPIRED');
  });

  it('is CURSOR_EXPIRED where a state before a change is gone', async () => {
    const shared = useChanges();
    const watcher = await openWatch(shared);
    const [post] = await insertOneByOne(randomUUID(), 1);
    const { position } = await watcher.nextEvent();
    await watcher.leave();
    await posts.deleteOne({ _id: post?.id ?? '' });
    const [collection] = await db.listCollections<CollectionInfo>({ name: 'posts' }).toArray();
    const images = direct.db('config').collection('system.preimages');
    const { deletedCount } = await images.deleteMany({ '_id.nsUUID': collection?.info?.uuid });
    expect(deletedCount).toBeGreaterThan(0);
    expect(await reasonOf((await openWatch(shared, { after: position })).nextEvent())).toBe('CURSOR_EXPIRED');
  });
});

describe('watches of a collection that goes away', async () => {
  const other = await usePostsStore();

  it('end with STORE_UNAVAILABLE', async () => {
    const collection: Collection = other.direct.db().collection('posts');
    const watcher = await openWatch(other.store);
    const ended = reasonOf(watcher.nextEvent());
    await collection.drop();
    expect(await ended).toBe('STORE_UNAVAILABLE');
  });
});

function toText({ kind, post }: { kind: string; post: { id: string; version: number } }): string {
  return `${kind} ${post.id} ${post.version}`;
}

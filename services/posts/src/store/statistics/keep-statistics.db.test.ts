import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createRandom } from '@tandem/rpc/testing';
import { type Collection, MongoClient } from 'mongodb';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { usePostsDatabase } from '../../../../../test/support/use-posts-database.ts';
import type { FullPost } from '../../domain/post.ts';
import { emptyChanges } from '../../domain/vocabulary/count-changes.ts';
import type { PostDocument } from '../mongo-post-document.ts';
import { makePost, toIndexedDocument } from '../testing/store-calls.ts';
import { foldChanges } from './fold-changes.ts';
import { keepStatistics, refreshStatistics } from './keep-statistics.ts';
import { gatherChanges, readPosition, watchPosts } from './post-changes.ts';
import { removeGenerations } from './remove-generations.ts';
import { type CountsDocument, generationMark, openStatistics, readCounts } from './statistics-collections.ts';
import { countAgain, readStatistics } from './testing/read-statistics.ts';

async function useDatabase() {
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  const posts = client.db().collection<PostDocument>('posts');
  await posts.deleteMany({});
  for (const name of ['search_statistics', 'search_terms', 'search_entries', 'posts_to_index']) {
    await client.db().collection(name).deleteMany({});
  }
  return { client, posts };
}

vi.setConfig({ testTimeout: 240_000 });
const url = await usePostsDatabase();
const words = ['leek', 'leeks', 'soup', 'café', 'cafe', 'bread', 'run', 'running', 'C++', '東京', 'Łódź', 'foo_bar'];
/** The same in each run, so that a failure can be seen again. */
const random = createRandom(11);
const { pick } = random;
const text = (length: number) => Array.from({ length: 1 + random.below(length) }, () => pick(words)).join(' ');
const anyPost = (fields: Partial<FullPost> = {}) =>
  makePost({
    title: text(3),
    content: text(30),
    tags: [...new Set([pick(words), pick(['Hot Soup', 'go', 'Go'])])],
    language: pick(['en', 'fr', 'ja']),
    published: random.chance(0.7),
    ...fields,
  });

/** Creates, changes and deletes at random; some posts change in ways that count for nothing. */
async function changeAtRandom({ posts, rounds }: { posts: Collection<PostDocument>; rounds: number }) {
  const ids = (await posts.find({}, { projection: { _id: 1 } }).toArray()).map((post) => post._id);
  for (let round = 0; round < rounds; round += 1) {
    const _id = pick(ids) ?? '';
    const { title, content, tags, language, published } = anyPost();
    const act = pick(['insert', 'insert', 'text', 'publish', 'version', 'delete'] as const);
    if (act === 'insert') {
      const made = [anyPost(), anyPost()];
      ids.push(...made.map(({ id }) => id));
      await posts.insertMany(made.map(toIndexedDocument));
    }
    if (act === 'text') await posts.updateOne({ _id }, { $set: { title, content, tags: [...tags], language } });
    if (act === 'publish') await posts.updateOne({ _id }, { $set: { published } });
    if (act === 'version') await posts.updateOne({ _id }, { $inc: { version: 1 } });
    if (act === 'delete') await posts.deleteOne({ _id });
  }
}

/** Folds what has happened, and stops when the first part is in. */
async function foldOnePart({ counts, partCounts }: { counts: CountsDocument | undefined; partCounts: number }) {
  if (counts === undefined) throw new Error('Nothing was counted yet.');
  const client = new MongoClient(url, { monitorCommands: true });
  onTestFinished(() => client.close());
  const stopping = new AbortController();
  client.on('commandSucceeded', ({ commandName }) => {
    if (commandName === 'commitTransaction') stopping.abort();
  });
  const folding = foldChanges(openStatistics(client), { counts, partCounts, signal: stopping.signal });
  await expect(folding).rejects.toThrow('aborted');
}

const fresh = { timeout: 60_000, interval: 100 };
const expectCounted = (client: MongoClient) =>
  vi.waitFor(async () => expect(await readStatistics(client)).toEqual(await countAgain(client)), fresh);

describe('the statistics', () => {
  it('are counted on an empty database, and as posts come, change and go', async () => {
    const { client, posts } = await useDatabase();
    await using _keeper = keepStatistics(client);
    await vi.waitFor(async () => expect((await readStatistics(client))?.posts).toBe(0), fresh);
    await changeAtRandom({ posts, rounds: 100 });
    await expectCounted(client);
    await posts.deleteMany({});
    await vi.waitFor(
      async () =>
        expect(await readStatistics(client)).toMatchObject({ posts: 0, terms: {}, entries: {}, languages: {} }),
      fresh,
    );
  });

  it('are counted from posts that were there before, while others are written', async () => {
    const { client, posts } = await useDatabase();
    await posts.insertMany(Array.from({ length: 700 }, () => toIndexedDocument(anyPost())));
    const writing = changeAtRandom({ posts, rounds: 100 });
    await refreshStatistics(client);
    await writing;
    await refreshStatistics(client);
    expect(await readStatistics(client)).toEqual(await countAgain(client));
  });

  const setImages = (client: MongoClient, enabled: boolean) =>
    client.db().command({ collMod: 'posts', changeStreamPreAndPostImages: { enabled } });
  const loseHistory = async (client: MongoClient) => {
    await setImages(client, false);
    await openStatistics(client).posts.updateMany({}, { $set: { title: 'Nobody knows what it was' } });
    await setImages(client, true);
  };
  const ageCounts = (client: MongoClient) =>
    openStatistics(client).counts.updateOne({ _id: 'counts' }, { $set: { analysis_version: 0 } });

  it.each([
    ['the changes since the last count are no longer kept', loseHistory],
    ['an earlier release has analysed the posts otherwise', ageCounts],
  ])('are counted anew when %s, and until then serve as they were', async (_, harm) => {
    const { client, posts } = await useDatabase();
    await changeAtRandom({ posts, rounds: 30 });
    await refreshStatistics(client);
    const collections = openStatistics(client);
    const before = await readCounts(collections, 1_000);
    await harm(client);
    await changeAtRandom({ posts, rounds: 30 });
    const old = await readStatistics(client);
    expect(old?.posts).toBe(before?.posts);
    await refreshStatistics(client);
    expect(await readStatistics(client)).toEqual(await countAgain(client));
    const after = await readCounts(collections, 1_000);
    expect(after?.generation).toBeGreaterThan(before?.generation ?? 0);
    await removeGenerations(collections, { before: after?.generation ?? 0 }, new AbortController().signal);
    expect(await readStatistics(client)).toEqual(await countAgain(client));
    expect(await collections.terms.countDocuments()).toBe(
      Object.keys((await readStatistics(client))?.terms ?? {}).length,
    );
  });

  it('are counted with the posts analysed that were not, or by earlier releases, those that come later too', async () => {
    const { client, posts } = await useDatabase();
    const written = Array.from({ length: 30 }, () => toIndexedDocument(anyPost()));
    const outdated = written.map(({ search, vector, ...post }, index) => {
      if (search === undefined || vector === undefined || index % 3 === 0) return post;
      return index % 3 === 1 ? { ...post, vector, search: { ...search, version: 0 } } : { ...post, search };
    });
    const asWritten = (from: number) =>
      vi.waitFor(async () => {
        const there = await posts.find({}).sort({ _id: 1 }).toArray();
        expect(there).toEqual(written.slice(0, from).sort((a, b) => (a._id < b._id ? -1 : 1)));
      }, fresh);
    const insert = (some: PostDocument[]) => posts.insertMany(some, { bypassDocumentValidation: true });
    await insert(outdated.slice(0, 20));
    await using _keeper = keepStatistics(client);
    await asWritten(20);
    await expectCounted(client);
    await insert(outdated.slice(20));
    await asWritten(30);
  });

  it('leave nothing behind of counts that came to no end', async () => {
    const { client, posts } = await useDatabase();
    await posts.insertOne(toIndexedDocument(anyPost()));
    await refreshStatistics(client);
    const collections = openStatistics(client);
    const before = await readCounts(collections, 1_000);
    const begun = await collections.leases.findOneAndUpdate(
      { _id: 'lease' },
      { $inc: { generation: 1 } },
      { returnDocument: 'after' },
    );
    await collections.terms.insertOne({ _id: `${generationMark(begun?.generation ?? 0)}leek`, posts: 1 });
    await ageCounts(client);
    await refreshStatistics(client);
    const marks = new Set((await collections.terms.find().toArray()).map(({ _id }) => _id.slice(0, 4)));
    const after = await readCounts(collections, 1_000);
    expect(marks).toEqual(new Set([before, after].map((counts) => generationMark(counts?.generation ?? 0))));
  });

  it('grow while posts come without a pause', async () => {
    const { client, posts } = await useDatabase();
    await using _keeper = keepStatistics(client);
    const countOf = async () => (await readCounts(openStatistics(client), 10_000))?.posts;
    await vi.waitFor(async () => expect(await countOf()).toBe(0), fresh);
    let isEnough = false;
    const importing = (async () => {
      while (!isEnough) await posts.insertMany(Array.from({ length: 10 }, () => toIndexedDocument(anyPost())));
    })();
    try {
      await vi.waitFor(async () => expect(await countOf()).toBeGreaterThan(100), fresh);
    } finally {
      isEnough = true;
      await importing;
    }
    const written = await posts.countDocuments();
    await vi.waitFor(async () => expect(await countOf()).toBe(written), fresh);
  });

  it('are right where one stopped between the parts of a change, and more has happened since', async () => {
    const { client, posts } = await useDatabase();
    await changeAtRandom({ posts, rounds: 10 });
    await refreshStatistics(client);
    const collections = openStatistics(client);
    const before = await readCounts(collections, 10_000);
    await changeAtRandom({ posts, rounds: 50 });
    await foldOnePart({ counts: before, partCounts: 5 });
    const stopped = await readCounts(collections, 10_000);
    expect(stopped).toMatchObject({ begun: { done: 5 }, resume_token: before?.resume_token, posts: before?.posts });
    await changeAtRandom({ posts, rounds: 50 });
    await refreshStatistics(client);
    expect(await readStatistics(client)).toEqual(await countAgain(client));
    expect(await readCounts(collections, 10_000)).not.toHaveProperty('begun');
  });

  it('are gathered no further when the work is to stop', async () => {
    const { client, posts } = await useDatabase();
    const collections = openStatistics(client);
    await using stream = watchPosts(collections, await readPosition(collections));
    await posts.insertMany(Array.from({ length: 3 }, () => toIndexedDocument(anyPost())));
    const stopping = new AbortController();
    const isCounted = () => {
      stopping.abort();
      return true;
    };
    const changes = emptyChanges();
    const bounds = { maxCounts: 1_000_000, maxMs: 60_000, signal: stopping.signal, isCounted };
    await vi.waitFor(async () => {
      await gatherChanges(stream, changes, bounds);
      expect(changes.posts).toBeGreaterThan(0);
    }, fresh);
    expect(changes.posts).toBe(1);
  });

  it('of a later release are left alone', async () => {
    const { client, posts } = await useDatabase();
    await refreshStatistics(client);
    await openStatistics(client).counts.updateOne({ _id: 'counts' }, { $set: { analysis_version: 1_000 } });
    await posts.insertOne(toIndexedDocument(anyPost()));
    await refreshStatistics(client);
    expect((await readStatistics(client))?.posts).toBe(0);
  });
});

describe('of several processes', () => {
  const children = new Map<string, ChildProcess>();
  const kill = async (child: ChildProcess) => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  afterEach(async () => {
    await Promise.all([...children.values()].map(kill));
    children.clear();
  });
  const start = async () => {
    const child = fork(join(import.meta.dirname, 'testing/keep-in-child.ts'), [url]);
    children.set(String(child.pid), child);
    await once(child, 'message');
  };
  const waitForHolder = (client: MongoClient) =>
    vi.waitFor(async () => {
      const lease = await openStatistics(client).leases.findOne({ _id: 'lease', expire_time: { $gt: new Date() } });
      expect([...children.keys()]).toContain(lease?.holder);
      return lease?.holder ?? '';
    }, fresh);
  const killHolder = async (client: MongoClient) => {
    const holder = await waitForHolder(client);
    await kill(children.get(holder)!);
    children.delete(holder);
  };

  it('another goes on when the one that counts is killed, and none counts twice or loses anything', {
    timeout: 360_000,
  }, async () => {
    const { client, posts } = await useDatabase();
    await posts.insertMany(Array.from({ length: 300 }, () => toIndexedDocument(anyPost())));
    const changing = changeAtRandom({ posts, rounds: 50 });
    await Promise.all([start(), start(), start(), start()]);
    await changing;
    for (let kill = 0; kill < 3; kill += 1) {
      const more = changeAtRandom({ posts, rounds: 30 });
      await killHolder(client);
      await more;
      if (kill === 0) await expectCounted(client);
    }
    await expectCounted(client);
    expect(children.size).toBe(1);
  });

  it('the next has the work at once when one stops', async () => {
    const { client, posts } = await useDatabase();
    await using keeper = keepStatistics(client, { leaseMs: 40_000 });
    await vi.waitFor(async () => expect(await readStatistics(client)).toBeDefined(), fresh);
    await keeper.stop();
    await posts.insertOne(toIndexedDocument(anyPost()));
    await refreshStatistics(client);
    expect((await readStatistics(client))?.posts).toBe(1);
  });
});

import { type BackgroundLog, createOutcomeTeller } from '@tandem/rpc';
import { MongoClient } from 'mongodb';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { usePostsDatabase } from '../../../../../test/support/use-posts-database.ts';
import { isIndexed } from '../index-posts.ts';
import type { PostDocument } from '../mongo-post-document.ts';
import { makePost, toIndexedDocument } from '../testing/store-calls.ts';
import { indexDuePosts, indexLeftPosts } from './index-left-posts.ts';
import { keepStatistics } from './keep-statistics.ts';
import { noteLeftPosts } from './note-left-posts.ts';
import { openStatistics, readCounts, type StatisticsCollections } from './statistics-collections.ts';

vi.setConfig({ testTimeout: 120_000 });
const url = await usePostsDatabase();
const patient = { timeout: 60_000, interval: 100 };
let collections: StatisticsCollections;
beforeEach(async () => {
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  collections = openStatistics(client);
  await collections.posts.deleteMany({});
  await collections.toIndex.deleteMany({});
});

const makeLeft = (fields: object = {}) => {
  const { search, vector, ...left } = toIndexedDocument(makePost());
  return { ...left, ...fields };
};
/** The database refuses every change of it: it has a field that no post has. */
const makeRefused = () => makeLeft({ unheard_of: true });
const insert = (...several: PostDocument[]) =>
  collections.posts.insertMany(several, { bypassDocumentValidation: true });
const makeAllDue = () => collections.toIndex.updateMany({}, { $set: { try_time: new Date(0) } });
const readList = () => collections.toIndex.find().toArray();
const isFound = async ({ _id }: PostDocument) => {
  const { search, vector } = (await collections.posts.findOne({ _id })) ?? {};
  return isIndexed({ search, hasVector: vector !== undefined });
};
const keepLines = () => {
  const lines: string[] = [];
  const log: BackgroundLog = {
    info: (line) => void lines.push(line),
    warn: ({ problem }, line) => void lines.push(`${line} (${problem})`),
  };
  return { lines, log };
};
const indexDue = async (over = collections) => {
  const { lines, log } = keepLines();
  await indexDuePosts(over, { signal: new AbortController().signal, log });
  return lines;
};

it('posts that cannot be indexed stop neither what is counted nor the indexing of others', async () => {
  const [before, later, left] = [makeRefused(), makeRefused(), makeLeft()];
  await insert(before);
  const { lines, log } = keepLines();
  await using _keeper = keepStatistics(collections.client, { log });
  const expectCounted = (posts: number) =>
    vi.waitFor(async () => expect((await readCounts(collections, 10_000))?.posts).toBe(posts), patient);
  await expectCounted(1);
  await insert(later, left, toIndexedDocument(makePost()));
  await expectCounted(4);
  await vi.waitFor(async () => {
    await makeAllDue();
    expect(await isFound(left)).toBe(true);
    for (const { _id } of [before, later]) expect(lines.join('\n')).toMatch(new RegExp(`post ${_id}.*121`));
    expect((await readList()).map(({ _id }) => _id).sort()).toEqual([before._id, later._id].sort());
  }, patient);
  expect(lines.filter((line) => line.startsWith('search statistics'))).toEqual([]);
});

it('a post that could not be indexed is tried again, after longer pauses, until it is', async () => {
  const refused = makeRefused();
  await insert(refused);
  await noteLeftPosts(collections, [refused._id]);
  const pauses: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    await makeAllDue();
    expect(await indexDue()).toHaveLength(1);
    expect(await indexDue()).toEqual([]);
    const [listed] = await readList();
    expect(listed?.tries).toBe(round + 1);
    pauses.push((listed?.try_time.getTime() ?? 0) - Date.now());
  }
  expect(pauses.at(-1)).toBeGreaterThan(10 * (pauses[0] ?? Number.POSITIVE_INFINITY));
  await collections.posts.updateOne({ _id: refused._id }, { $unset: { unheard_of: true } });
  await makeAllDue();
  expect(await indexDue()).toEqual([]);
  expect(await isFound(refused)).toBe(true);
  expect(await readList()).toEqual([]);
});

it('a post that is gone is off the list, and one that is noted while it is indexed stays for another look', async () => {
  const [gone, changed] = [makeLeft(), makeLeft()];
  await insert(changed);
  await noteLeftPosts(collections, [gone._id, changed._id]);
  await makeAllDue();
  const { posts } = collections;
  const meanwhile: typeof posts = Object.create(posts, {
    updateOne: {
      value: async (...args: Parameters<typeof posts.updateOne>) => {
        const written = await posts.updateOne(...args);
        await noteLeftPosts(collections, [changed._id]);
        return written;
      },
    },
  });
  await indexDue({ ...collections, posts: meanwhile });
  expect(await readList()).toMatchObject([{ _id: changed._id, notes: 2 }]);
  await indexDue();
  expect(await readList()).toEqual([]);
});

it('a list that cannot be read is told of once, and once when it can be again', async () => {
  const left = makeLeft();
  await insert(left);
  await noteLeftPosts(collections, [left._id]);
  await makeAllDue();
  const { toIndex } = collections;
  let looks = 0;
  const find = (...[filter, options]: Parameters<typeof toIndex.find>) => {
    looks += 1;
    return toIndex.find(looks <= 2 ? ({ $unheardOf: 1 } as object) : (filter ?? {}), options);
  };
  const refusedTwice: typeof toIndex = Object.create(toIndex, { find: { value: find } });
  const { lines, log } = keepLines();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const tell = createOutcomeTeller({ what: 'the list', log });
  const indexing = indexLeftPosts({ ...collections, toIndex: refusedTwice }, { signal: stop.signal, log, tell });
  await vi.waitFor(() => expect(looks).toBeGreaterThan(3), patient);
  stop.abort();
  await indexing;
  expect(lines).toEqual([
    "the list: fails; it is tried again (MongoDB's error 2 (BadValue))",
    'the list: goes on again',
  ]);
  expect(await isFound(left)).toBe(true);
});

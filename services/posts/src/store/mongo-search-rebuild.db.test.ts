import { TandemError } from '@tandem/rpc';
import { reasonOf } from '@tandem/rpc/testing';
import type { Collection } from 'mongodb';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { up as buildIndex } from '../../../../migrations/posts/202611261020-posts-search.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { matchTerm } from './mongo-search-walk.ts';
import { prepareSearch } from './testing/search-calls.ts';
import { makePost, toIndexedDocument } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

vi.setConfig({ testTimeout: 120_000 });
const { store, direct } = await usePostsStore();
const posts: Collection<PostDocument> = direct.db().collection('posts');
const dropIndex = () => posts.dropIndex('posts_search');
const rebuildIndex = () => buildIndex(direct.db());

beforeAll(async () => {
  const several = Array.from({ length: 1_000 }, (_, index) => makePost({ content: `leek soup${index % 7}` }));
  await posts.insertMany(several.map(toIndexedDocument));
});

/** How many hits the first page has. */
async function search(text: string): Promise<number> {
  const prepared = await prepareSearch(store, text, { filter: { published: true } });
  const [{ hits }] = await Promise.all([prepared.findHits({ after: undefined, limit: 10 }), prepared.count()]);
  return hits.length;
}

it('searches while the text index is rebuilt answer, or say that they cannot yet', async () => {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const refusals: unknown[] = [];
  const searchOn = async (text: string) => {
    while (!stop.signal.aborted) await search(text).catch((error) => refusals.push(error));
  };
  const searching = ['leek', 'leek soup1 soup2', '"leek soup3"'].map(searchOn);
  for (let round = 0; round < 3; round += 1) {
    await dropIndex();
    expect(await reasonOf(search('leek'))).toBe('STORE_UNAVAILABLE');
    await rebuildIndex();
    expect(await search('leek')).toBe(10);
  }
  stop.abort();
  await Promise.all(searching);
  for (const refusal of refusals) {
    expect(refusal).toBeInstanceOf(TandemError);
    expect(refusal).toMatchObject({ reason: 'STORE_UNAVAILABLE', message: expect.stringContaining('index') });
  }
});

it('a search under way says so as well', async () => {
  const reading = translating(async () => {
    const walk = posts.find(matchTerm({ term: 'leek', match: {} })).batchSize(2);
    await walk.next();
    await dropIndex();
    return walk.toArray();
  });
  expect(await reasonOf(reading)).toBe('STORE_UNAVAILABLE');
  await rebuildIndex();
});

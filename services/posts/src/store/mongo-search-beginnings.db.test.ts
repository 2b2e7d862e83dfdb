import { beforeAll, describe, expect, it } from 'vitest';
import type { SearchPosition, SearchSubject } from '../domain/search.ts';
import { createJointReader } from './joint-reads.ts';
import { createPostSearch } from './mongo-search.ts';
import { createSearchStatistics } from './mongo-search-statistics.ts';
import { searchBounds } from './search-bounds.ts';
import { createCountsReader } from './statistics/counts-reader.ts';
import { refreshStatistics } from './statistics/keep-statistics.ts';
import { openStatistics } from './statistics/statistics-collections.ts';
import type { PostSearch } from './store.ts';
import { prepareSearch } from './testing/search-calls.ts';
import { insertPosts, makePost } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();
const readJointly = createJointReader(direct.db());
const collections = openStatistics(direct);
const statistics = createSearchStatistics({ collections, readCounts: createCountsReader(collections), readJointly });
/** By the vocabulary that the keeper counts. */
const createSearch = (bounds = {}) =>
  createPostSearch({ posts: collections.posts, statistics, readJointly }, { ...searchBounds, ...bounds });
const counted = createSearch();

const written = {
  organization: { title: 'Plans', content: 'the organization of work' },
  organized: { title: 'Organized', content: 'work and music' },
  organs: { title: 'Organs', content: 'organ music, organs' },
  music: { title: 'Plans', content: 'music of work' },
  running: { title: 'Plans', content: 'running' },
  run: { title: 'I run daily', content: 'run' },
  operation: { title: 'Plans', content: 'operations' },
  operate: { title: 'Operate', content: 'operate' },
  hoping: { title: 'Hoping', content: 'hoping' },
  hopes: { title: 'Plans', content: 'hopes' },
  tocho: { title: '東京都庁', content: '', language: 'ja' },
  tokyo: { title: '東京の朝', content: '', language: 'ja' },
  kyoto: { title: '京都の東', content: '', language: 'ja' },
  // Both pairs, and not the three in a row.
  both: { title: '東京と京都', content: '', language: 'ja' },
};
const posts = Object.entries(written).map(([name, fields]) => ({ name, post: makePost(fields) }));
const names = new Map(posts.map(({ name, post }) => [post.id, name]));
beforeAll(async () => {
  await insertPosts(
    store,
    posts.map(({ post }) => post),
  );
  await refreshStatistics(direct);
});

type Options = Partial<SearchSubject> & { readonly search?: PostSearch };
const prepare = (text: string, { search = counted, ...subject }: Options = {}) =>
  prepareSearch({ search }, text, { filter: { published: true }, ...subject });
const find = async (text: string, subject: Options = {}, limit = 20) => {
  const { hits } = await (await prepare(text, subject)).findHits({ after: undefined, limit });
  return hits.map(({ id, score }) => ({ name: names.get(id) ?? '?', score }));
};
const namesOf = async (text: string, subject: Options = {}) => (await find(text, subject)).map(({ name }) => name);

describe('a beginning of a word', () => {
  it.each([
    ['organiz*', ['organization', 'organized']],
    ['title:organiz*', ['organized']],
    ['organiz* -organiz*', []],
    ['runni*', ['running']],
    ['running*', ['running']],
    ['operati*', ['operation']],
    ['hope*', ['hopes']],
    ['hop*', ['hopes', 'hoping']],
    ['organiz* operati*', ['operation', 'organization', 'organized']],
    ['"of work" organiz*', ['music', 'organization']],
    ['東*', ['both', 'kyoto', 'tocho', 'tokyo']],
    ['東京*', ['both', 'tocho', 'tokyo']],
    ['東京都*', ['tocho']],
    ['title:東京都* 朝', ['tocho']],
    ['東京都* 朝', ['tocho', 'tokyo']],
    ['東* -東京都*', ['both', 'kyoto', 'tokyo']],
  ])('finds by %s the posts that have such a word, and no other form of it: %j', async (text, expected) => {
    expect((await namesOf(text)).sort()).toEqual(expected);
    const createTime = { field: 'create_time', descending: true } as const;
    expect((await namesOf(text, { order: createTime })).sort()).toEqual(expected);
    expect(await (await prepare(text)).count()).toEqual({ value: expected.length, exact: true });
  });

  it.each([
    ['organiz* work', ['organization', 'organized']],
    ['organiz* runni*', []],
    ['東京都* 庁', ['tocho']],
  ])('finds with all of the words of %s: %j', async (text, expected) => {
    expect((await namesOf(text, { matching: 'all' })).sort()).toEqual(expected);
  });

  it('adds nothing to the score of a post that is found by other words and has no such word', async () => {
    const plain = new Map((await find('music')).map(({ name, score }) => [name, score]));
    const begun = new Map((await find('music organiz*')).map(({ name, score }) => [name, score]));
    expect(begun.get('organs')).toBe(plain.get('organs'));
    expect(begun.get('organized')).toBeGreaterThan(plain.get('organized') ?? 0);
    expect((await namesOf('music organiz*'))[0]).toBe('organized');
    const either = new Map((await find('organiz* operati*')).map(({ name, score }) => [name, score]));
    const alone = new Map((await find('organiz*')).map(({ name, score }) => [name, score]));
    expect(either.get('organized')).toBe(alone.get('organized'));
  });

  it.each([100, 1])('keeps the order of hits from page to page (%i texts looked into before)', async (maxSettled) => {
    const search = createSearch({ maxSettled });
    const text = 'music work organization* organiz*';
    const all = (await find(text, { search })).map(({ name }) => name);
    const paged: string[] = [];
    let after: SearchPosition | undefined;
    do {
      const { hits, next } = await (await prepare(text, { search })).findHits({ after, limit: 1 });
      paged.push(...hits.map(({ id }) => names.get(id) ?? '?'));
      after = next;
    } while (after !== undefined);
    expect(paged).toEqual(all);
    expect(all.toSorted()).toEqual(['music', 'organization', 'organized', 'organs']);
  });

  it.each([
    ['東*', '大東京都庁', ['東']],
    ['東京*', '大東京都庁', ['東京']],
    ['東京都*', '大東京都庁、東京', ['東京都']],
    ['organiz*', 'organs, Organizing', ['Organizing']],
    ['c++*', 'c, C++', ['C++']],
  ])('of %s shows in %s what matches: %j', async (query, text, expected) => {
    const matches = (await prepare(query)).findMatches('content', 'en')(text);
    expect(matches.map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });
});

import { randomUUID } from 'node:crypto';
import { AuthorState, Facet, Matching, PostView, type SearchPostsResponse } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { anyQuery, anyText } from '../testing/query-arbitraries.ts';
import { importRows } from '../testing/send-import.ts';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';
import { laterField } from '../testing/users-stub.ts';

const { client, users } = await usePostsService();
const tag = `tag-${randomUUID()}`;
const filter = { tags: [tag] };
const [active, inactive, gone] = [users.addAuthor(), users.addAuthor(), users.addAuthor()];

beforeAll(async () => {
  const rows = Array.from({ length: 90 }, (_, index) => ({
    authorId: [active, inactive, gone][index % 3] ?? '',
    title: `Post ${index}`,
    content: 'Leeks and soup',
    tags: [tag],
    published: true,
  }));
  expect(await importRows(client, rows)).toMatchObject({ imported: 90n, failed: 0n });
  users.setActive(inactive, false);
  users.removeAuthor(gone);
});

/** Each highlight is a part of the post, and what is marked a part of that; brings how much is marked. */
function expectToShowItsPost({ post, highlights }: SearchPostsResponse['hits'][number]): number {
  for (const { field, snippet, offset, spans } of highlights) {
    const text = field === 'title' ? post?.title : post?.content;
    expect(text?.slice(offset, offset + snippet.length)).toBe(snippet);
    let last = 0;
    for (const { start, length } of spans) {
      expect(start).toBeGreaterThanOrEqual(last);
      last = start + length;
      expect(snippet.slice(start, last)).toHaveLength(length);
      expect(length).toBeGreaterThan(0);
      expect(snippet.slice(start, last).isWellFormed()).toBe(true);
    }
  }
  return highlights.flatMap(({ spans }) => spans).length;
}

describe('SearchPosts', () => {
  it('brings hits with highlights, authors, facets and an exact total', async () => {
    const answer = await client.searchPosts({
      query: 'leek SOUPS',
      filter,
      matching: Matching.ALL,
      facets: [Facet.AUTHOR_ID, Facet.TAGS],
      includeAuthors: true,
      includeTotalSize: true,
      pageSize: 7,
    });
    expect(answer).toMatchObject({ totalSize: 90, totalSizeExact: true });
    expect(answer.hits).toHaveLength(7);
    expect(answer.facets.map(({ facet, values }) => [facet, values.length])).toEqual([
      [Facet.AUTHOR_ID, 3],
      [Facet.TAGS, 1],
    ]);
    const [hit] = answer.hits;
    expect(hit?.post?.content).toBeUndefined();
    expect(hit?.authorState).not.toBe(AuthorState.UNSPECIFIED);
    expect(hit?.highlights).toMatchObject([
      {
        field: 'content',
        snippet: 'Leeks and soup',
        offset: 0,
        spans: [
          { start: 0, length: 5 },
          { start: 10, length: 4 },
        ],
      },
    ]);
  });

  it('hands authors on as the users service gave them, with what only a later release of it knows', async () => {
    const { hits } = await client.searchPosts({ query: 'soup', filter, includeAuthors: true, pageSize: 90 });
    const found = new Map(hits.map(({ post, author, authorState }) => [post?.authorId, { author, authorState }]));
    expect(found.get(active)).toMatchObject({
      author: { id: active, name: `Author ${active}`, isActive: true, $unknown: [laterField] },
      authorState: AuthorState.OK,
    });
    expect(found.get(inactive)).toMatchObject({ author: { id: inactive }, authorState: AuthorState.INACTIVE });
    expect(found.get(gone)).toEqual({ author: undefined, authorState: AuthorState.NOT_FOUND });
    const plain = await client.searchPosts({ query: 'soup', filter, pageSize: 1 });
    expect(plain.hits[0]).toMatchObject({ authorState: AuthorState.UNSPECIFIED, post: { tags: [tag] } });
    expect(plain.hits[0]?.author).toBeUndefined();
  });

  it('says that a total is all only where one was asked for, and is', async () => {
    const beginnings = 'leek a* b* c* d* e* f* g* h* i*';
    const exact = async (query: string, request = {}) =>
      (await client.searchPosts({ query, filter, pageSize: 1, ...request })).totalSizeExact;
    expect(await exact('leek')).toBe(false);
    expect(await exact('leek', { includeTotalSize: true })).toBe(true);
    expect(await exact('leek', { facets: [Facet.TAGS] })).toBe(true);
    expect(await exact(beginnings, { includeTotalSize: true })).toBe(false);
    expect(await exact(beginnings, { facets: [Facet.TAGS] })).toBe(false);
  });

  it('answers any text, page after page, and shows what is there', async () => {
    const texts = fc
      .sample(anyText, { numRuns: 60, seed: 11 })
      .map((text) => `${text.replaceAll(/\p{Cc}/gu, '\n')} leek`);
    const rows = texts.map((content) => ({ authorId: active, title: 'Odd', content, published: true }));
    expect(await importRows(client, rows)).toMatchObject({ imported: BigInt(texts.length), failures: [] });
    let shown = 0;
    const search = fc.record({
      query: anyQuery,
      matching: fc.constantFrom(Matching.ANY, Matching.ALL),
      orderBy: fc.constantFrom('', 'create_time desc'),
    });
    await fc.assert(
      fc.asyncProperty(search, async (asked) => {
        const request = { ...asked, includeTotalSize: true, pageSize: 3, view: PostView.FULL };
        const first = await client.searchPosts(request);
        const pageToken = first.nextPageToken;
        const later = pageToken === '' ? [] : (await client.searchPosts({ ...request, pageToken })).hits;
        const hits = [...first.hits, ...later];
        expect(new Set(hits.map(({ post }) => post?.id)).size).toBe(hits.length);
        expect(first.totalSize).toBeGreaterThanOrEqual(hits.length);
        for (const hit of hits) shown += expectToShowItsPost(hit);
      }),
      { numRuns: 150 },
    );
    expect(shown).toBeGreaterThan(60);
  }, 60_000);

  it('pages through all hits once, in each order', async () => {
    for (const orderBy of ['', 'relevance', 'create_time', 'publish_time desc']) {
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await client.searchPosts({ query: 'soup', filter, orderBy, pageSize: 40, pageToken });
        seen.push(...page.hits.map(({ post }) => post?.id ?? ''));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect([seen.length, new Set(seen).size]).toEqual([90, 90]);
    }
  });

  it('goes on in the languages that posts had on the first page', async () => {
    const tags = [`tag-${randomUUID()}`];
    const write = (language: string) =>
      importRows(client, [{ authorId: active, title: 'Running', content: '-', tags, language, published: true }]);
    const search = (pageToken = '') =>
      client.searchPosts({ query: 'running', filter: { tags }, orderBy: 'create_time', pageSize: 1, pageToken });
    await write('en');
    await write('en');
    const { nextPageToken } = await search();
    // Its Dutch term is another than the English one.
    await write('nl');
    const second = await search(nextPageToken);
    expect(second).toMatchObject({ hits: [{ post: { language: 'en' } }], nextPageToken: '' });
    const { nextPageToken: anew } = await search((await search()).nextPageToken);
    expect(await search(anew)).toMatchObject({ hits: [{ post: { language: 'nl' } }], nextPageToken: '' });
  });

  it('refuses what is no order, no query and no facet', async () => {
    expect(await reasonOf(client.searchPosts({ query: 'x', orderBy: 'relevance desc' }))).toBe('ORDER_BY_INVALID');
    expect(await reasonOf(client.searchPosts({ query: 'x', orderBy: 'title' }))).toBe('ORDER_BY_INVALID');
    expect(await reasonOf(client.searchPosts({ query: '' }))).toBe('FIELD_INVALID');
    expect(await reasonOf(client.searchPosts({ query: 'x', facets: [0 as Facet] }))).toBe('FIELD_INVALID');
  });

  it('says what was probably meant by a word that no post has, on the first page', async () => {
    const search = (query: string, request = {}) => client.searchPosts({ query, filter, pageSize: 1, ...request });
    const fresh = { timeout: 80_000, interval: 200 };
    await vi.waitFor(async () => expect((await search('leks "hot suop"')).didYouMean).toBe('leeks "hot soup"'), fresh);
    expect((await search('leek souping -suop zzzzz')).didYouMean).toBeUndefined();
    const { nextPageToken, didYouMean } = await search('suop leek');
    expect(didYouMean).toBe('soup leek');
    expect((await search('suop leek', { pageToken: nextPageToken })).didYouMean).toBeUndefined();
  });

  it('answers a query that looks for nothing by no hits', async () => {
    expect(await client.searchPosts({ query: '-- "" -the', includeTotalSize: true })).toMatchObject({
      hits: [],
      totalSize: 0,
      nextPageToken: '',
    });
  });
});

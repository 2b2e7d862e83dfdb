import { randomUUID } from 'node:crypto';
import { AuthorState, Facet, Matching } from '@tandem/contracts/posts';
import { beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

describe('search, through the generated client', async () => {
  const { users, posts } = await usePair();
  const author = randomUUID();

  beforeAll(async () => {
    await users.createUser({ email: 'author@e2e.example', name: 'Author', userId: author });
  });

  it('finds posts by words, with highlights, facets and authors, unpublished ones only when asked', async () => {
    await posts.createPost({
      authorId: author,
      title: 'Kingfisher at the weir',
      content: 'A kingfisher waits, blue and still.',
      tags: ['birds'],
      language: 'en',
      published: true,
    });
    await posts.createPost({
      authorId: author,
      title: 'Heron',
      content: 'No kingfisher today, but a heron.',
      tags: ['birds', 'river'],
      language: 'en',
      published: true,
    });
    await posts.createPost({
      authorId: author,
      title: 'Kingfisher, a draft',
      content: 'Not yet.',
      tags: ['birds'],
      language: 'en',
    });
    const found = await posts.searchPosts({
      query: 'kingfisher',
      facets: [Facet.TAGS],
      includeAuthors: true,
      includeTotalSize: true,
    });
    expect(found.hits.map(({ post }) => post?.title)).toEqual(['Kingfisher at the weir', 'Heron']);
    expect(found).toMatchObject({ totalSize: 2, totalSizeExact: true });
    expect(found.facets[0]?.values.map(({ value, count }) => [value, count])).toEqual([
      ['birds', 2n],
      ['river', 1n],
    ]);
    for (const { post, highlights, score, author: by, authorState } of found.hits) {
      expect(score).toBeGreaterThan(0);
      expect([by?.id, authorState]).toEqual([author, AuthorState.OK]);
      expect(highlights.length).toBeGreaterThan(0);
      for (const { field, snippet, offset, spans } of highlights) {
        if (field === 'title') expect(post?.title?.slice(offset, offset + snippet.length)).toBe(snippet);
        for (const { start, length } of spans)
          expect(snippet.slice(start, start + length).toLowerCase()).toBe('kingfisher');
      }
    }
    const all = await posts.searchPosts({ query: 'kingfisher heron', matching: Matching.ALL });
    expect(all.hits.map(({ post }) => post?.title)).toEqual(['Heron']);
    const drafts = await posts.searchPosts({ query: 'kingfisher', filter: { published: false } });
    expect(drafts.hits.map(({ post }) => post?.title)).toEqual(['Kingfisher, a draft']);
    expect((await posts.searchPosts({ query: '"$ { -' })).hits).toEqual([]);
    expect(await refusalOf(posts.searchPosts({ query: '' }))).toMatchObject({
      reason: 'FIELD_INVALID',
      fields: ['query'],
    });
    expect(await refusalOf(posts.searchPosts({ query: 'a', orderBy: 'title' }))).toMatchObject({
      reason: 'ORDER_BY_INVALID',
    });
  });

  it('pages through hits without doubles', async () => {
    for (let n = 0; n < 7; n += 1)
      await posts.createPost({ authorId: author, title: `Marzipan ${n}`, published: true });
    for (const orderBy of ['', 'relevance', 'create_time', 'publish_time desc']) {
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await posts.searchPosts({ query: 'marzipan', orderBy, pageSize: 3, pageToken });
        seen.push(...page.hits.map(({ post }) => post!.title!));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(seen.toSorted()).toEqual(Array.from({ length: 7 }, (_, n) => `Marzipan ${n}`));
    }
  });
});

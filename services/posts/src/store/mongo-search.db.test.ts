import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PostDocument } from './mongo-post-document.ts';
import { createPostSearch } from './mongo-search.ts';
import { insertPosts, makeCall, makePost, reasonOf } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();
const search = createPostSearch(direct.db().collection<PostDocument>('posts'), { maxCandidates: 3 });
const byRelevance = { field: 'relevance', descending: true } as const;
const find = async (text: string, matching: 'any' | 'all') => {
  const prepared = await search.prepare({ text, filter: {}, matching }, makeCall());
  const hits = await prepared.findHits({ order: byRelevance, after: undefined, limit: 10 });
  return { ids: hits.map(({ id }) => id), termOf: prepared.termOf };
};

describe('a search for all of the words', () => {
  const rare = makePost({ title: 'Common quince' });
  beforeAll(() => insertPosts(store, [rare, ...Array.from({ length: 4 }, () => makePost({ title: 'Common usual' }))]));

  it('begins with a word that few posts have, wherever it stands', async () => {
    for (const text of ['common quince', 'quince common']) expect((await find(text, 'all')).ids).toEqual([rare.id]);
  });

  it('is refused where all of them are in too many posts, and only then', async () => {
    expect(await reasonOf(find('usual common', 'all'))).toBe('RESPONSE_TOO_LARGE');
    expect((await find('usual common', 'any')).ids).toHaveLength(5);
    expect((await find('usual common missing', 'all')).ids).toEqual([]);
  });
});

describe('a word', () => {
  it.each(['東京タワー', 'ﾀﾜｰ', 'naïve', "l'été", 'Ʒeˑo'])(
    'that a post has is told from its text: %s',
    async (word) => {
      const post = makePost({ id: randomUUID(), content: `xx ${word} yy` });
      await insertPosts(store, [post]);
      for (const matching of ['any', 'all'] as const) {
        const { ids, termOf } = await find(word, matching);
        expect(ids).toEqual([post.id]);
        expect(termOf(word)).toBeDefined();
        expect(termOf('other')).toBeUndefined();
      }
    },
  );
});

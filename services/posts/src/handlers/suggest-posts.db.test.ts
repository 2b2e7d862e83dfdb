import { SuggestionKind } from '@tandem/contracts/posts';
import { describe, expect, it, vi } from 'vitest';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';

const { client, users } = await usePostsService();
const create = (title: string, published: boolean) =>
  client.createPost({
    authorId: users.addAuthor(),
    title,
    content: `${title} and leeks`,
    tags: ['leek days'],
    published,
  });

describe('SuggestPosts', () => {
  it('completes titles at once, words and tags soon, of published posts only', async () => {
    const { post } = await create('Leek soup', true);
    await create('Leekage', false);
    const titles = await client.suggestPosts({ prefix: 'LÉEK' });
    expect(titles.suggestions[0]).toMatchObject({ kind: SuggestionKind.TITLE, text: 'Leek soup', postId: post?.id });
    await vi.waitFor(
      async () => {
        const { suggestions } = await client.suggestPosts({ prefix: 'leek', limit: 20 });
        expect(suggestions.map(({ text }) => text).sort()).toEqual(['Leek soup', 'leek', 'leek days', 'leeks']);
      },
      { timeout: 80_000, interval: 200 },
    );
    const { suggestions } = await client.suggestPosts({ prefix: 'leek', limit: 1 });
    expect(suggestions).toHaveLength(1);
  });

  it.each([
    [{ prefix: 'l' }],
    [{ prefix: 'x'.repeat(65) }],
    [{ prefix: 'a\u0007' }],
    [{ prefix: 'le', limit: 21 }],
    [{ prefix: 'le', limit: -1 }],
  ])('refuses %j', async (request) => {
    expect(await reasonOf(client.suggestPosts(request))).toBe('FIELD_INVALID');
  });

  it('takes any text for a prefix, and finds what begins so only', async () => {
    for (const prefix of ['$where', '.*', '\\x', '😀😀', '\u0301\u0301', '  ', '"-', '{}']) {
      expect((await client.suggestPosts({ prefix })).suggestions).toEqual([]);
    }
  });
});

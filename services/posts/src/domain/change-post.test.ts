import { describe, expect, it } from 'vitest';
import { changePost } from './change-post.ts';
import type { FullPost } from './post.ts';

const post: FullPost = {
  id: 'id',
  authorId: 'author',
  title: 'Title',
  content: 'Content',
  tags: ['a', 'b'],
  language: 'en',
  published: false,
  createTime: 1,
  updateTime: 5,
  publishTime: undefined,
  version: 3,
};

describe('changing a post', () => {
  it('gives the same post where nothing changes', () => {
    expect(changePost(post, {}, 9)).toBe(post);
    const { title, content, tags, language, published } = post;
    expect(changePost(post, { title, content, tags: [...tags], language, published }, 9)).toBe(post);
  });

  it.each([
    { title: 'Other' },
    { content: '' },
    { tags: [] },
    { tags: ['b', 'a'] },
    { tags: ['a', 'b', 'c'] },
    { language: 'fr' },
  ])('writes %j, a version on', (changes) => {
    expect(changePost(post, changes, 9)).toEqual({ ...post, ...changes, updateTime: 9, version: 4 });
  });

  it('keeps the time of the first publishing', () => {
    const first = changePost(post, { published: true }, 7);
    expect(first.publishTime).toBe(7);
    const hidden = changePost(first, { published: false }, 8);
    const again = changePost(hidden, { published: true }, 9);
    expect([hidden.publishTime, again.publishTime]).toEqual([7, 7]);
    expect(changePost(post, { title: 'Draft' }, 9).publishTime).toBeUndefined();
  });

  it('never moves the time of the last change back', () => {
    expect(changePost(post, { title: 'Other' }, 2).updateTime).toBe(5);
  });
});

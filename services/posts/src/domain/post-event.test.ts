import { describe, expect, it } from 'vitest';
import type { FullPost, PostFilter } from './post.ts';
import { seeThrough } from './post-event.ts';

const published: PostFilter = { published: true };
const draft: FullPost = {
  id: 'id',
  authorId: 'anna',
  title: 'A title',
  content: 'Content',
  tags: ['red', 'blue'],
  language: 'en',
  published: false,
  createTime: 5,
  updateTime: 5,
  publishTime: undefined,
  version: 1,
};
const open: FullPost = { ...draft, published: true, version: 2 };
const edited: FullPost = { ...open, title: 'Another', version: 3 };
const withoutContent = (post: FullPost) => ({ ...post, content: undefined });

describe('a change seen through a filter', () => {
  it.each([
    ['made within it', undefined, open, { kind: 'created', post: open }],
    ['that comes in', draft, open, { kind: 'created', post: open }],
    ['that stays', open, edited, { kind: 'updated', post: edited }],
    ['that leaves', open, { ...draft, version: 3 }, { kind: 'deleted', post: withoutContent(open) }],
    ['deleted', open, undefined, { kind: 'deleted', post: withoutContent(open) }],
    ['outside before and after', draft, { ...draft, version: 2 }, undefined],
    ['made outside', undefined, draft, undefined],
    ['deleted outside', draft, undefined, undefined],
    ['of which nothing but the store’s own fields changed', open, open, undefined],
  ] as const)('of a post %s', (_, before, after, event) => {
    expect(seeThrough(published, { before: before && withoutContent(before), after })).toEqual(event);
  });

  it.each<[string, PostFilter, boolean]>([
    ['nothing', {}, true],
    ['its author', { authorId: 'anna' }, true],
    ['another author', { authorId: 'ben' }, false],
    ['one of authors', { authorIds: ['ben', 'anna'] }, true],
    ['other authors', { authorIds: ['ben'] }, false],
    ['no author in particular', { authorIds: [] }, true],
    ['one of tags', { tags: ['green', 'blue'] }, true],
    ['a tag in capitals', { tags: ['Red'] }, false],
    ['no tag in particular', { tags: [] }, true],
    ['its language', { language: 'en' }, true],
    ['another language', { language: 'fr' }, false],
    ['from its instant on', { createdAfter: 5 }, true],
    ['before its instant', { createdBefore: 5 }, false],
    ['later', { createdAfter: 6 }, false],
    ['a part that holds and one that does not', { authorId: 'anna', language: 'fr' }, false],
  ])('that asks for %s', (_, filter, seen) => {
    expect(seeThrough(filter, { before: undefined, after: open }) !== undefined).toBe(seen);
  });
});

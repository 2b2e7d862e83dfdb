import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AuthorState, SearchPostsResponseSchema } from '@tandem/contracts/posts';
import { UserSchema } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import type { Post } from '../domain/post.ts';
import { replyWithHits } from './encoded-replies.ts';
import { toWirePost } from './wire-post.ts';

const post: Post = {
  id: 'p',
  authorId: 'ada',
  title: 'Leeks',
  content: undefined,
  tags: ['soup'],
  language: 'en',
  published: true,
  createTime: 1,
  updateTime: 2,
  publishTime: 3,
  version: 4,
};
const highlight = { field: 'title', snippet: 'Leeks', offset: 0, spans: [{ start: 0, length: 5 }] } as const;
const wireHighlight = { ...highlight, spans: [...highlight.spans] };
const rest = { nextPageToken: 'next', totalSize: 0, totalSizeExact: true, didYouMean: 'leek' };
/** Its last field first, as protobuf's own writer would not write it. */
const author = Buffer.concat([
  toBinary(UserSchema, create(UserSchema, { etag: '7' })),
  toBinary(UserSchema, create(UserSchema, { id: 'ada', isActive: true })),
]);

describe('the reply of SearchPosts', () => {
  it('has all that was found, and of authors only what was asked for', () => {
    const known = { authorState: AuthorState.OK, author };
    const gone = { authorState: AuthorState.NOT_FOUND };
    const found = { post, score: 1.5, highlights: [highlight] };
    const { bytes } = replyWithHits([{ ...found, known }, { ...found, known: gone }, found], rest);
    const wireHit = { post: toWirePost(post), score: 1.5, highlights: [wireHighlight] };
    const wireAuthor = { id: 'ada', isActive: true, etag: '7' };
    expect(fromBinary(SearchPostsResponseSchema, bytes)).toEqual(
      create(SearchPostsResponseSchema, {
        ...rest,
        hits: [{ ...wireHit, author: wireAuthor, authorState: AuthorState.OK }, { ...wireHit, ...gone }, wireHit],
      }),
    );
  });

  it('passes the bytes of an author on as they came', () => {
    const known = { authorState: AuthorState.OK, author };
    const { bytes } = replyWithHits([{ post, score: 1, highlights: [], known }], rest);
    expect(Buffer.from(bytes).includes(author)).toBe(true);
  });
});

import { create, toBinary } from '@bufbuild/protobuf';
import { AuthorState, ListPostsResponseSchema, ListPostsWithAuthorsResponseSchema } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FullPost } from '../domain/post.ts';
import { estimatePostBytes, maxAuthorBytes, takePage } from './message-size.ts';
import { toWirePost } from './wire-post.ts';

const largest: FullPost = {
  id: '0193a5c0-0000-7000-8000-000000000001',
  authorId: '0193a5c0-0000-7000-8000-000000000002',
  title: '😀'.repeat(300),
  content: 'ж'.repeat(2 ** 19),
  tags: Array.from({ length: 32 }, () => '😀'.repeat(64)),
  language: 'en',
  published: true,
  createTime: -62_135_596_800_000 + 999,
  updateTime: 253_402_300_799_999,
  publishTime: -62_135_596_800_000 + 999,
  version: 2 ** 31,
};
const post = fc.record({
  title: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300, size: 'max' }),
  content: fc.string({ unit: 'grapheme', maxLength: 500, size: 'max' }),
  tags: fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64, size: 'max' }), {
    maxLength: 32,
    size: 'max',
  }),
});
const author = {
  id: largest.authorId,
  email: 'e'.repeat(254),
  name: '😀'.repeat(200),
  isActive: true,
  points: -(2n ** 62n),
  createTime: { seconds: -62_135_596_800n, nanos: 999_999_000 },
  updateTime: { seconds: -62_135_596_800n, nanos: 999_999_000 },
  etag: `${2 ** 31}`,
};

describe('the estimate of a post', () => {
  it('is never below what the post takes in a page, and little above for a large one', () => {
    const bytesOf = (one: FullPost) =>
      toBinary(ListPostsResponseSchema, create(ListPostsResponseSchema, { posts: [toWirePost(one)] })).length;
    expect(estimatePostBytes(largest)).toBeGreaterThanOrEqual(bytesOf(largest));
    expect(estimatePostBytes(largest)).toBeLessThan(bytesOf(largest) + 500);
    fc.assert(
      fc.property(post, (fields) => {
        const one = { ...largest, ...fields };
        expect(estimatePostBytes(one)).toBeGreaterThanOrEqual(bytesOf(one));
      }),
    );
  });

  it('holds with the largest author beside it', () => {
    const items = [{ post: toWirePost(largest), author, authorState: AuthorState.INACTIVE }];
    const bytes = toBinary(
      ListPostsWithAuthorsResponseSchema,
      create(ListPostsWithAuthorsResponseSchema, { items }),
    ).length;
    expect(estimatePostBytes(largest) + maxAuthorBytes).toBeGreaterThanOrEqual(bytes);
  });
});

describe('takePage', () => {
  async function* endless() {
    for (;;) yield largest;
  }

  it('ends a page before 4 MiB, however many posts it may have, and says that there are more', async () => {
    const { items, more } = await takePage(endless(), { limit: 1000, sizeOf: estimatePostBytes });
    expect([items.length, more]).toEqual([3, true]);
  });
});

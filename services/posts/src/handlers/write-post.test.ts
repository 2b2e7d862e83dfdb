import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { PostSchema } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Post } from '../domain/post.ts';
import { toWirePost } from './wire-post.ts';
import { writePost } from './write-post.ts';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200, size: 'max' });
const time = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
const posts: fc.Arbitrary<Post> = fc.record({
  id: fc.uuid(),
  authorId: fc.uuid(),
  title: text,
  content: fc.option(fc.string({ unit: 'grapheme', maxLength: 1_000, size: 'max' }), { nil: undefined }),
  tags: fc.array(text, { maxLength: 32, size: 'max' }),
  language: fc.constantFrom('en', 'de'),
  published: fc.boolean(),
  createTime: time,
  updateTime: time,
  publishTime: fc.option(time, { nil: undefined }),
  version: fc.integer({ min: 1 }),
});

const atEpoch: Post = {
  id: 'a',
  authorId: 'b',
  title: 't',
  content: undefined,
  tags: ['t'],
  language: 'en',
  published: false,
  createTime: 0,
  updateTime: 1_000,
  publishTime: undefined,
  version: 1,
};

const write = (post: Post) => writePost(new BinaryWriter(), post).finish();

describe('writePost', () => {
  it('writes what protobuf makes of the same post', () => {
    fc.assert(
      fc.property(posts, (post) => {
        const expected = toBinary(PostSchema, create(PostSchema, toWirePost(post)));
        expect(Buffer.from(write(post))).toEqual(Buffer.from(expected));
      }),
      { examples: [[atEpoch], [{ ...atEpoch, content: '' }]] },
    );
  });

  it('leaves out no field that the contract has', () => {
    const { $typeName, $unknown, ...fields } = fromBinary(
      PostSchema,
      write({ ...atEpoch, content: 'c', publishTime: 1 }),
    );
    expect(Object.keys(fields).sort()).toEqual(PostSchema.fields.map(({ localName }) => localName).sort());
  });
});

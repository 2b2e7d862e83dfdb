import { fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { PostSchema } from '@tandem/contracts/posts';
import type { Readers } from '@tandem/rpc';
import type { FullPost, Post } from '../domain/post.ts';
import { toMillis } from '../domain/time.ts';
import type { EncodedPostReader, PostReader } from '../store/store.ts';
import { writePost } from './write-post.ts';

/** A post's message as bytes. */
export function encodePost(post: Post): Uint8Array {
  return writePost(new BinaryWriter(), post).finish();
}

/** The post of `encodePost`'s bytes, which has its content. */
export function decodePost(bytes: Uint8Array): FullPost {
  const { title, content, language, published, createTime, updateTime, publishTime, ...rest } = fromBinary(
    PostSchema,
    bytes,
  );
  if (title === undefined || content === undefined || language === undefined || published === undefined)
    throw lacking();
  if (createTime === undefined || updateTime === undefined) throw lacking();
  const { id, authorId, tags, etag } = rest;
  const times = { createTime: toMillis(createTime), updateTime: toMillis(updateTime) };
  const publishing = { published, publishTime: publishTime && toMillis(publishTime) };
  return { id, authorId, title, content, tags, language, ...publishing, ...times, version: Number(etag) };
}

function lacking(): Error {
  return new Error('The bytes of a post lack what every post has.');
}

/** Readers of posts as bytes, over readers of posts. */
export function encodeReaders(readers: Readers<PostReader>): Readers<EncodedPostReader> {
  return {
    reader: encodeReader(readers.reader),
    strongReader: encodeReader(readers.strongReader, { snapshot: true }),
    eventualReader: encodeReader(readers.eventualReader),
  };
}

function encodeReader(reader: PostReader, { snapshot = false } = {}): EncodedPostReader {
  return {
    async get(id, call) {
      const post = await reader.get(id, call);
      return post && encodePost(post);
    },
    async *select(ids, call) {
      for await (const post of reader.select({ ids, withContent: true, snapshot }, call)) {
        yield { id: post.id, bytes: encodePost(post) };
      }
    },
  };
}

import type { MessageInitShape } from '@bufbuild/protobuf';
import { type PostSchema, PostView } from '@tandem/contracts/posts';
import { TandemError } from '@tandem/rpc';
import type { Post, TimeMillis } from '../domain/post.ts';
import { fromMillis } from '../domain/time.ts';

export type WirePost = MessageInitShape<typeof PostSchema> & { readonly $typeName?: never };

/** A post as the contract has it; content only where it was read. */
export function toWirePost(post: Post): WirePost {
  return {
    id: post.id,
    authorId: post.authorId,
    title: post.title,
    ...(post.content === undefined ? {} : { content: post.content }),
    tags: [...post.tags],
    language: post.language,
    published: post.published,
    createTime: toTimestamp(post.createTime),
    updateTime: toTimestamp(post.updateTime),
    ...(post.publishTime === undefined ? {} : { publishTime: toTimestamp(post.publishTime) }),
    etag: String(post.version),
  };
}

/** The post, or the refusal where there is none. */
export function requirePost<P>(post: P | undefined, id: string): P {
  if (post !== undefined) return post;
  throw new TandemError('POST_NOT_FOUND', `There is no post ${id}. Check the id; it may have been deleted.`, {
    metadata: { id },
  });
}

/** Whether a list or a search shall bring contents: BASIC where it is not said. */
export function isFull(view: PostView): boolean {
  return view === PostView.FULL;
}

export function toTimestamp(millis: TimeMillis) {
  return fromMillis(millis);
}

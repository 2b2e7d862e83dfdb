import type { FullPost } from '../../../services/posts/src/domain/post.ts';
import type { Timestamp } from './contract.ts';
import { toTimestamp } from './to-user.ts';

/** A post as the plain peer's collection holds it. */
export interface PlainPost {
  readonly _id: string;
  readonly author_id: string;
  readonly title: string;
  readonly title_lower: string;
  readonly content: string;
  readonly tags: readonly string[];
  readonly published: boolean;
  readonly create_time: Date;
  readonly update_time: Date;
  readonly publish_time: Date | null;
  readonly version: number;
}

/** A post of the contract, without its content. */
export interface WirePost {
  id: string;
  author_id: string;
  title: string;
  tags: readonly string[];
  language: string;
  published: boolean;
  create_time: Timestamp;
  update_time: Timestamp;
  publish_time: Timestamp | null;
  etag: string;
}

export function toPlainPost(post: FullPost): PlainPost {
  return {
    _id: post.id,
    author_id: post.authorId,
    title: post.title,
    title_lower: post.title.toLowerCase(),
    content: post.content,
    tags: post.tags,
    published: post.published,
    create_time: new Date(post.createTime),
    update_time: new Date(post.updateTime),
    publish_time: post.publishTime === undefined ? null : new Date(post.publishTime),
    version: post.version,
  };
}

export function toWirePost(post: Omit<PlainPost, 'content'>): WirePost {
  return {
    id: post._id,
    author_id: post.author_id,
    title: post.title,
    tags: post.tags,
    language: 'en',
    published: post.published,
    create_time: toTimestamp(post.create_time),
    update_time: toTimestamp(post.update_time),
    publish_time: post.publish_time === null ? null : toTimestamp(post.publish_time),
    etag: String(post.version),
  };
}

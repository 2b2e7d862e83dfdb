import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import type { FullPost } from '../../domain/post.ts';
import { indexText } from '../../domain/search/index-text.ts';
import { type PostDocument, toDocument } from '../mongo-post-document.ts';
import { toSearchFields } from '../search-fields.ts';
import type { PostStore } from '../store.ts';

/** A published post of now, its own author's. */
export function makePost(fields: Partial<FullPost> = {}): FullPost {
  const now = Date.now();
  return {
    id: randomUUID(),
    authorId: randomUUID(),
    title: 'A title',
    content: 'Some content',
    tags: [],
    language: 'en',
    published: true,
    createTime: now,
    updateTime: now,
    publishTime: now,
    version: 1,
    ...fields,
  };
}

/** What the store writes, past the store. */
export function toIndexedDocument(post: FullPost): PostDocument {
  return toDocument(post, toSearchFields(indexText(post)));
}

export async function insertPosts(store: PostStore, posts: readonly FullPost[]): Promise<void> {
  for (let begin = 0; begin < posts.length; begin += 200) {
    await store.transaction(makeCall(), async (tx) => {
      await tx.posts.insertMany(posts.slice(begin, begin + 200));
      return {};
    });
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

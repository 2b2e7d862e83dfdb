import { createHash, randomUUID } from 'node:crypto';
import { type Claim, TandemError } from '@tandem/rpc';
import type { FullPost } from '../../domain/post.ts';
import type { PostStore, StoreCall } from '../store.ts';

/** A call with 10 s to go. */
export function makeCall(claim?: Claim): StoreCall {
  return { deadline: Date.now() + 10_000, signal: new AbortController().signal, claim };
}

/** A claim whose reply is stored as JSON. */
export function makeClaim({ requestId, payload = 'payload' }: { requestId?: string; payload?: string } = {}): Claim {
  return {
    caller: 'tester',
    method: 'test.Service/Method',
    requestId: requestId ?? randomUUID(),
    fingerprint: createHash('sha256').update(payload).digest(),
    encodeReply: (reply) => Buffer.from(JSON.stringify(reply)),
  };
}

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

export async function insertPosts(store: PostStore, posts: readonly FullPost[]): Promise<void> {
  for (let begin = 0; begin < posts.length; begin += 200) {
    await store.transaction(makeCall(), async (tx) => {
      await tx.posts.insertMany(posts.slice(begin, begin + 200));
      return {};
    });
  }
}

/** The reason that a promise is refused with. */
export async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TandemError) return error.reason;
    throw error;
  }
  throw new Error('It was not refused.');
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

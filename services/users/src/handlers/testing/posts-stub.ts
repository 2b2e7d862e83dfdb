import { create } from '@bufbuild/protobuf';
import { PostSchema } from '@tandem/contracts/posts';
import type { AuthorPosts, DeletionProgress, ReservedPost } from '../../peers/author-posts.ts';

/** Posts of authors as a test says they are. */
export interface PostsStub extends AuthorPosts {
  /** What was asked, in order, as `reserve`, `confirm ID`. */
  readonly asked: string[];
  /** What the next deletions answer, in order, or fail with; then `done`, with nothing deleted. */
  answer(...outcomes: (DeletionProgress | Error)[]): void;
  /** Has the next calls of a method fail, in order. */
  fail(method: 'reserve' | 'confirm' | 'cancel', ...errors: Error[]): void;
  /** Called in a method, before it answers. */
  during(method: 'reserve' | 'confirm' | 'cancel', work: () => Promise<unknown>): void;
}

export function createPostsStub(): PostsStub {
  const asked: string[] = [];
  const outcomes: (DeletionProgress | Error)[] = [];
  const failures = { reserve: [] as Error[], confirm: [] as Error[], cancel: [] as Error[] };
  const works = new Map<string, () => Promise<unknown>>();

  async function take(method: keyof typeof failures, id: string): Promise<void> {
    asked.push(`${method} ${id}`);
    await works.get(method)?.();
    const failure = failures[method].shift();
    if (failure !== undefined) throw failure;
  }

  return {
    asked,
    answer: (...next) => void outcomes.push(...next),
    fail: (method, ...errors) => void failures[method].push(...errors),
    during: (method, work) => void works.set(method, work),
    async deleteAll(authorId) {
      asked.push(`delete ${authorId}`);
      const outcome = outcomes.shift() ?? { deleted: 0n, done: true };
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    async reserve(reserved) {
      await take('reserve', reserved.postId);
      return toPost(reserved);
    },
    confirm: (postId) => take('confirm', postId),
    cancel: (postId) => take('cancel', postId),
  };
}

function toPost({ postId, authorId, post: { title, content, tags, published } }: ReservedPost) {
  return create(PostSchema, { id: postId, authorId, title, content, tags, published, language: 'en', etag: '1' });
}

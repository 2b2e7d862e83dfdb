import { matchesFilter } from './matches-filter.ts';
import type { FullPost, Post, PostFilter } from './post.ts';

/** A post before and after a change; undefined: it was not there. */
export interface PostChange {
  /** Without content. */
  readonly before: Post | undefined;
  readonly after: FullPost | undefined;
}

/** What a change is to whoever sees only some posts. */
export interface PostEvent {
  readonly kind: 'created' | 'updated' | 'deleted';
  /** The post after the change; for `deleted` as it was seen last, without content. */
  readonly post: Post;
}

/**
 * A change as it is seen through a filter: a post that comes in is created, one that leaves is deleted. Undefined where
 * nothing is seen of it, or nothing of the post itself has changed.
 */
export function seeThrough(filter: PostFilter, { before, after }: PostChange): PostEvent | undefined {
  if (before?.version === after?.version) return undefined;
  const was = before !== undefined && matchesFilter(filter, before) ? before : undefined;
  const is = after !== undefined && matchesFilter(filter, after) ? after : undefined;
  if (is !== undefined) return { kind: was === undefined ? 'created' : 'updated', post: is };
  return was && { kind: 'deleted', post: was };
}

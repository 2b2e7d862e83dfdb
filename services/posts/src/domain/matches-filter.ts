import type { Post, PostFilter } from './post.ts';

/** Whether a post is one of the filter's: what a list's statement asks of the database, for a post at hand. */
export function matchesFilter(filter: PostFilter, post: Post): boolean {
  return (
    isOne(filter.authorId, post.authorId) &&
    isAny(filter.authorIds, [post.authorId]) &&
    isOne(filter.published, post.published) &&
    isAny(filter.tags, post.tags) &&
    isOne(filter.language, post.language) &&
    (filter.createdAfter === undefined || post.createTime >= filter.createdAfter) &&
    (filter.createdBefore === undefined || post.createTime < filter.createdBefore)
  );
}

function isOne<T>(asked: T | undefined, value: T): boolean {
  return asked === undefined || asked === value;
}

/** An empty list does not count. */
function isAny(asked: readonly string[] | undefined, values: readonly string[]): boolean {
  return asked === undefined || asked.length === 0 || values.some((value) => asked.includes(value));
}

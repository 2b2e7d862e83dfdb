import type { PostFilter as WireFilter } from '@tandem/contracts/posts';
import { fieldInvalid } from '@tandem/rpc';
import type { PostFilter } from '../domain/post.ts';
import { hasTooManyTags, tooManyTags } from '../domain/post-text.ts';
import { toMillisUp } from '../domain/time.ts';

/**
 * A filter of the contract; what is empty does not count.
 *
 * @throws TandemError `FIELD_INVALID` for too many tags
 */
export function toPostFilter(filter: WireFilter | undefined): PostFilter {
  if (filter === undefined) return {};
  if (hasTooManyTags(filter.tags)) throw fieldInvalid('filter.tags', tooManyTags);
  return {
    authorId: filter.authorId === '' ? undefined : filter.authorId,
    authorIds: filter.authorIds,
    published: filter.published,
    tags: filter.tags,
    language: filter.language === '' ? undefined : filter.language,
    createdAfter: filter.createdAfter && toMillisUp(filter.createdAfter),
    createdBefore: filter.createdBefore && toMillisUp(filter.createdBefore),
  };
}

import type { CountPostsRequestSchema, CountPostsResponseSchema } from '@tandem/contracts/posts';
import type { UnaryHandler } from '@tandem/rpc';
import type { PostReader } from '../store/store.ts';
import { toPostFilter } from './wire-filter.ts';

/** Counts posts by filter. */
export function countPosts({
  reader,
}: {
  reader: Pick<PostReader, 'count'>;
}): UnaryHandler<typeof CountPostsRequestSchema, typeof CountPostsResponseSchema> {
  return async ({ filter }, call) => ({ count: BigInt(await reader.count(toPostFilter(filter), call)) });
}

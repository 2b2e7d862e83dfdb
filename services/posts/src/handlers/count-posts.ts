import type { CountPostsRequestSchema, CountPostsResponseSchema } from '@tandem/contracts/posts';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { PostReader } from '../store/store.ts';
import { toPostFilter } from './wire-filter.ts';

/** Counts posts by filter. */
export function countPosts(
  readers: Readers<Pick<PostReader, 'count'>>,
): UnaryHandler<typeof CountPostsRequestSchema, typeof CountPostsResponseSchema> {
  return async ({ filter, consistency }, call) => {
    const count = await chooseReader(readers, consistency).count(toPostFilter(filter), call);
    return { count: BigInt(count) };
  };
}

import {
  type GetPostStatsRequestSchema,
  type GetPostStatsResponseSchema,
  PostStatsGroupBy,
} from '@tandem/contracts/posts';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { PostStatsKey } from '../domain/post-stats.ts';
import type { PostReader } from '../store/store.ts';
import { toPostFilter } from './wire-filter.ts';
import { toTimestamp } from './wire-post.ts';

const defaultTopN = 20;

const keys: Record<PostStatsGroupBy, PostStatsKey | undefined> = {
  [PostStatsGroupBy.UNSPECIFIED]: undefined,
  [PostStatsGroupBy.AUTHOR]: 'author',
  [PostStatsGroupBy.MONTH]: 'month',
  [PostStatsGroupBy.TAG]: 'tag',
  [PostStatsGroupBy.LANGUAGE]: 'language',
};

/** Counts posts, and posts by a key, as of one moment. */
export function getPostStats(
  readers: Readers<Pick<PostReader, 'stats'>>,
): UnaryHandler<typeof GetPostStatsRequestSchema, typeof GetPostStatsResponseSchema> {
  return async ({ filter, groupBy, topN, consistency }, call) => {
    const counting = { filter: toPostFilter(filter), groupBy: keys[groupBy], topN: topN === 0 ? defaultTopN : topN };
    const stats = await chooseReader(readers, consistency).stats(counting, call);
    return { ...toCounts(stats), groups: stats.groups.map(toGroup), asOf: toTimestamp(stats.asOf) };
  };
}

function toGroup(group: { key: string; total: number; published: number }) {
  return { key: group.key, ...toCounts(group) };
}

function toCounts({ total, published }: { readonly total: number; readonly published: number }) {
  return { total: BigInt(total), published: BigInt(published) };
}

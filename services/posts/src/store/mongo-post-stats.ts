import type { Collection, Document } from 'mongodb';
import type { PostStats, PostStatsGroup, PostStatsKey } from '../domain/post-stats.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { toMatch } from './mongo-post-filter.ts';
import type { PostCounting, StoreCall } from './store.ts';

const counts = { total: { $sum: 1 }, published: { $sum: { $cond: ['$published', 1, 0] } } };
const sums = { total: { $sum: '$total' }, published: { $sum: '$published' } };

/** Partial counts that have all that is needed of a post, so that most posts are met in one pass only. */
const partials: Record<PostStatsKey, Document[]> = {
  author: [{ $group: { _id: '$author_id', ...counts } }],
  month: [{ $group: { _id: { $dateToString: { date: '$create_time', format: '%Y-%m' } }, ...counts } }],
  language: [{ $group: { _id: '$language', ...counts } }],
  tag: [{ $group: { _id: '$tags', ...counts } }],
};

interface StatsDocument {
  readonly totals: readonly { total: number; published: number }[];
  readonly groups?: readonly { _id: string; total: number; published: number }[];
  readonly as_of: Date;
}

/** One aggregation over one snapshot. */
export async function readPostStats(
  posts: Collection<PostDocument>,
  counting: PostCounting,
  call: StoreCall,
): Promise<PostStats> {
  const stages = statsStages(counting);
  if (stages === undefined) return { total: 0, published: 0, groups: [], asOf: Date.now() };
  const options = { readConcern: { level: 'snapshot' }, ...boundsOf(call) } as const;
  const [found] = await translating(() => posts.aggregate<StatsDocument>(stages, options).toArray());
  if (found === undefined) throw new Error('An aggregation of posts gave no document.');
  const [totals = { total: 0, published: 0 }] = found.totals;
  return { ...totals, groups: (found.groups ?? []).map(toGroup), asOf: found.as_of.getTime() };
}

/** Undefined when no post can match. */
export function statsStages({ filter, groupBy, topN }: PostCounting): Document[] | undefined {
  const match = toMatch(filter);
  if (match === undefined) return undefined;
  const partial = groupBy === undefined ? [{ $group: { _id: null, ...counts } }] : partials[groupBy];
  const totals = [{ $group: { _id: null, ...sums } }, { $project: { _id: 0 } }];
  const groups = groupBy === undefined ? {} : { groups: largest(groupBy, topN) };
  return [{ $match: match }, ...partial, { $facet: { totals, ...groups } }, { $set: { as_of: '$$NOW' } }];
}

/** Posts are counted by their whole lists of tags first. */
function largest(groupBy: PostStatsKey, topN: number): Document[] {
  const split = groupBy === 'tag' ? [{ $unwind: '$_id' }, { $group: { _id: '$_id', ...sums } }] : [];
  return [...split, { $sort: { total: -1, _id: 1 } }, { $limit: topN }];
}

function toGroup({ _id: key, total, published }: { _id: string; total: number; published: number }): PostStatsGroup {
  return { key, total, published };
}

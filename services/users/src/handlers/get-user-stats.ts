import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type GetUserStatsRequestSchema,
  type GetUserStatsResponseSchema,
  StatsBucket as StatsBucketEnum,
} from '@tandem/contracts/users';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import { fromMicros } from '../domain/time.ts';
import type { UserStats } from '../domain/user-stats.ts';
import type { UserReader } from '../store/store.ts';
import { toUserFilter } from './list-users.ts';

/** Counts users by state and by time, and sums their points, as of one instant. */
export function getUserStats(
  readers: Readers<Pick<UserReader, 'stats'>>,
): UnaryHandler<typeof GetUserStatsRequestSchema, typeof GetUserStatsResponseSchema> {
  return async (request, call) => {
    const bucket = request.bucket === StatsBucketEnum.MONTH ? 'month' : 'day';
    const query = { filter: toUserFilter(request.filter), bucket } as const;
    return toStatsMessage(await chooseReader(readers, request.consistency).stats(query, call));
  };
}

function toStatsMessage(stats: UserStats): MessageInitShape<typeof GetUserStatsResponseSchema> {
  return {
    total: stats.total,
    byActive: [
      { isActive: true, count: stats.active },
      { isActive: false, count: stats.total - stats.active },
    ],
    created: stats.created.map(({ start, count }) => ({ start: fromMicros(start), count })),
    points: { sum: stats.pointsSum, mean: stats.pointsMean, median: stats.pointsMedian },
    asOf: fromMicros(stats.asOf),
  };
}

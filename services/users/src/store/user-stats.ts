import type { Knex } from 'knex';
import type { UserFilter } from '../domain/user.ts';
import { fillBuckets, maxBuckets, type StatsBucket, type UserStats } from '../domain/user-stats.ts';
import type { UserStatsQuery } from './store.ts';
import { applyUserFilter } from './user-page.ts';

/** The row of `buildUserStats`; what may pass a double's exactness comes as text. */
export interface StatsRow {
  readonly total: string;
  readonly active: string;
  readonly sum: string;
  readonly mean: number;
  readonly median: number;
  readonly as_of_micros: string;
  /** Number and count, the latest first. */
  readonly created: readonly (readonly [number, string])[];
}

const totals = `
  count(*)::text AS total,
  count(*) FILTER (WHERE is_active)::text AS active,
  least(coalesce(sum(points), 0), 9223372036854775807)::bigint::text AS sum,
  coalesce(avg(points), 0)::double precision AS mean,
  coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY points), 0) AS median`;

/** Of a day of UTC. */
const bucketNumbers: Record<StatsBucket, string> = {
  day: `day - date '1970-01-01'`,
  month: '(extract(year FROM day) * 12 + extract(month FROM day) - 1)::integer',
};

/** One statement, and so one snapshot. The connection's time zone is UTC. */
export function buildUserStats(knex: Knex, { filter, bucket }: UserStatsQuery): Knex.QueryBuilder {
  // By days first, whatever the bucket: a date costs a fraction of what fields cost that are extracted from each time.
  const days = filteredUsers(knex, filter)
    .select(knex.raw('create_time::date AS day, count(*) AS count'))
    .groupByRaw('1')
    .as('days');
  const buckets = knex
    .from(days)
    .select(knex.raw(`${bucketNumbers[bucket]} AS bucket, sum(count)::text AS count`))
    .groupByRaw('1')
    .orderByRaw('1 DESC')
    .limit(maxBuckets);
  return knex
    .with('totals', filteredUsers(knex, filter).select(knex.raw(totals)))
    .with('buckets', buckets)
    .select(
      'totals.*',
      knex.raw('(extract(epoch FROM statement_timestamp()) * 1000000)::bigint::text AS as_of_micros'),
      knex.raw(`coalesce((SELECT json_agg(json_build_array(bucket, count)) FROM buckets), '[]') AS created`),
    )
    .from('totals');
}

function filteredUsers(knex: Knex, filter: UserFilter): Knex.QueryBuilder {
  const query = knex('users');
  applyUserFilter(query, filter);
  return query;
}

export function toUserStats(row: StatsRow, bucket: StatsBucket): UserStats {
  const counts = row.created.map(([number, count]) => ({ bucket: number, count: BigInt(count) }));
  return {
    total: BigInt(row.total),
    active: BigInt(row.active),
    created: fillBuckets(counts, bucket),
    pointsSum: BigInt(row.sum),
    pointsMean: row.mean,
    pointsMedian: row.median,
    asOf: BigInt(row.as_of_micros),
  };
}

import type { TimeMicros } from './user.ts';

/** How long a bucket of time is; days and months are UTC. */
export type StatsBucket = 'day' | 'month';

/** Figures about users, all of one instant. */
export interface UserStats {
  readonly total: bigint;
  readonly active: bigint;
  /** How many were created in each bucket, oldest first, without gaps. */
  readonly created: readonly BucketCount[];
  /** Cut to 64 bits. */
  readonly pointsSum: bigint;
  /** 0 where there is no user. */
  readonly pointsMean: number;
  /** 0 where there is no user. */
  readonly pointsMedian: number;
  readonly asOf: TimeMicros;
}

export interface BucketCount {
  readonly start: TimeMicros;
  readonly count: bigint;
}

/** A bucket by its number: days since 1970-01-01, or months since the beginning of year 0. */
export interface NumberedCount {
  readonly bucket: number;
  readonly count: bigint;
}

/** More buckets than these, the latest, are never told. */
export const maxBuckets = 3_660;

const microsPerMilli = 1_000n;
const millisPerDay = 86_400_000;

/** Buckets from the first to the last that has any, those between them with 0; at most the latest 3,660. */
export function fillBuckets(counts: readonly NumberedCount[], bucket: StatsBucket): BucketCount[] {
  if (counts.length === 0) return [];
  const byNumber = new Map(counts.map(({ bucket: number, count }) => [number, count]));
  const last = Math.max(...byNumber.keys());
  const first = Math.max(Math.min(...byNumber.keys()), last - maxBuckets + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    start: startOfBucket(first + index, bucket),
    count: byNumber.get(first + index) ?? 0n,
  }));
}

function startOfBucket(number: number, bucket: StatsBucket): TimeMicros {
  if (bucket === 'day') return BigInt(number * millisPerDay) * microsPerMilli;
  // Date.UTC would take the years 0 to 99 for those of the 20th century.
  const start = new Date(0).setUTCFullYear(Math.floor(number / 12), number % 12, 1);
  return BigInt(start) * microsPerMilli;
}

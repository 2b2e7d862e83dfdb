import { describe, expect, it } from 'vitest';
import { fillBuckets, maxBuckets } from './user-stats.ts';

const toDate = (micros: bigint) => new Date(Number(micros / 1000n)).toISOString().slice(0, 10);
const fill = (bucket: 'day' | 'month', ...numbers: number[]) =>
  fillBuckets(
    numbers.map((number) => ({ bucket: number, count: BigInt(Math.abs(number)) })),
    bucket,
  ).map(({ start, count }) => [toDate(start), count]);

describe('fillBuckets', () => {
  it('has none where there is none', () => {
    expect(fill('day')).toEqual([]);
  });

  it('goes from the first to the last day, oldest first, without gaps, across 1970', () => {
    expect(fill('day', 2, -1)).toEqual([
      ['1969-12-31', 1n],
      ['1970-01-01', 0n],
      ['1970-01-02', 0n],
      ['1970-01-03', 2n],
    ]);
  });

  it('goes by calendar months, across a year', () => {
    const december = 2025 * 12 + 11;
    expect(fill('month', december + 2, december).map(([start]) => start)).toEqual([
      '2025-12-01',
      '2026-01-01',
      '2026-02-01',
    ]);
  });

  it('knows months of every year that a time may have', () => {
    expect(fill('month', 12)).toEqual([['0001-01-01', 12n]]);
    expect(fill('month', 9999 * 12 + 11)).toEqual([['9999-12-01', BigInt(9999 * 12 + 11)]]);
  });

  it('tells the latest 3,660 buckets at most', () => {
    const days = fill('day', 1, 5_000_000, 5_000_000 - maxBuckets + 1, 5_000_000 - maxBuckets);
    expect(days).toHaveLength(3_660);
    expect(days[0]?.[1]).toBe(BigInt(5_000_000 - maxBuckets + 1));
    expect(days.at(-1)?.[1]).toBe(5_000_000n);
  });
});

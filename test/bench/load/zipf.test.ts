import { createRandom } from '@tandem/rpc/testing/random';
import { describe, expect, it } from 'vitest';
import { createZipf } from './zipf.ts';

function countDraws(options: { size: number; exponent: number; draws: number }): number[] {
  const draw = createZipf({ ...options, random: createRandom(1).fraction });
  const counts = new Array<number>(options.size).fill(0);
  for (let index = 0; index < options.draws; index++) counts[draw()]! += 1;
  return counts;
}

describe('createZipf', () => {
  it('draws each rank as often as its weight says', () => {
    const draws = 200_000;
    const counts = countDraws({ size: 100, exponent: 0.99, draws });
    const total = counts.map((_, rank) => (rank + 1) ** -0.99).reduce((sum, weight) => sum + weight);
    for (const rank of [0, 1, 9, 49, 99]) {
      const expected = (draws * (rank + 1) ** -0.99) / total;
      expect(Math.abs(counts[rank]! - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  it('is uniform with exponent 0', () => {
    const counts = countDraws({ size: 10, exponent: 0, draws: 100_000 });
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('reaches the first and the last rank, and nothing beyond', () => {
    const ends = [0, 1 - 2 ** -32].map((number) => createZipf({ size: 100_000, random: () => number })());
    expect(ends).toEqual([0, 99_999]);
    expect(createZipf({ size: 1, random: createRandom(1).fraction })()).toBe(0);
  });
});

import { createRandom } from '@tandem/rpc/testing/random';
import { describe, expect, it } from 'vitest';
import { computeMedian, estimateMedian } from './median-interval.ts';

describe('estimateMedian', () => {
  it('takes the second and the eighth of nine values, as the table of order statistics says', () => {
    const { median, low, high, coverage } = estimateMedian([9, 1, 8, 2, 7, 3, 6, 4, 5]);
    expect([median, low, high]).toEqual([5, 2, 8]);
    expect(coverage).toBeCloseTo(0.9609, 4);
  });

  it('takes the sixth and the fifteenth of twenty values', () => {
    const { low, high, coverage } = estimateMedian(Array.from({ length: 20 }, (_, index) => index + 1));
    expect([low, high]).toEqual([6, 15]);
    expect(coverage).toBeCloseTo(0.9586, 4);
  });

  it('says that fewer than six values cannot reach 95 %', () => {
    expect(estimateMedian([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, coverage: 0.75 });
    expect(estimateMedian([4])).toEqual({ median: 4, low: 4, high: 4, coverage: 0 });
    expect(estimateMedian([1, 2, 3, 4, 5, 6]).coverage).toBeGreaterThan(0.95);
  });

  it('holds the true median in at least 95 % of 2000 samples of a skewed distribution', () => {
    const random = createRandom(5).fraction;
    const trueMedian = Math.LN2;
    let held = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const { low, high } = estimateMedian(Array.from({ length: 9 }, () => -Math.log(1 - random())));
      if (low <= trueMedian && trueMedian <= high) held += 1;
    }
    expect(held / 2000).toBeGreaterThan(0.95);
    expect(held / 2000).toBeLessThan(0.975);
  });

  it('refuses no values', () => {
    expect(() => estimateMedian([])).toThrow(RangeError);
  });
});

describe('computeMedian', () => {
  it('is the middle value, or the mean of the middle two', () => {
    expect(computeMedian([5, 1, 3])).toBe(3);
    expect(computeMedian([4, 1, 3, 2])).toBe(2.5);
    expect(computeMedian([])).toBeNaN();
  });
});

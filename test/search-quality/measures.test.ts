import { describe, expect, it } from 'vitest';
import { measureOne } from './measures.ts';

const grades = new Map([
  ['a', 2],
  ['b', 1],
  ['c', 0],
]);

describe('the measures of a ranking', () => {
  it('are 1 for the ideal one', () => {
    expect(measureOne(['a', 'b', 'c'], grades)).toEqual({ ndcg10: 1, map: 1, recall100: 1 });
  });

  it('are 0 where nothing relevant is found', () => {
    expect(measureOne(['c', 'x'], grades)).toEqual({ ndcg10: 0, map: 0, recall100: 0 });
  });

  it('fall with the places of what is relevant', () => {
    const measures = measureOne(['x', 'a'], grades);
    expect(measures.ndcg10).toBeCloseTo(2 / Math.log2(3) / (2 + 1 / Math.log2(3)), 10);
    expect(measures.map).toBeCloseTo(0.25, 10);
    expect(measures.recall100).toBe(0.5);
  });

  it('look no further than the 100th place', () => {
    expect(measureOne([...Array.from({ length: 100 }, () => 'x'), 'a'], grades).recall100).toBe(0);
  });
});

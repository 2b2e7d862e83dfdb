import { describe, expect, it } from 'vitest';
import { forEachKind, isCommon, maxRanked, type SearchEstimate, toIndexQuery, toPatterns } from './search-estimate.ts';

function estimate(counts: Record<string, number>, matches = 0): SearchEstimate {
  const terms = Object.entries(counts).map(([word, count]) => [word, forEachKind(() => count)] as const);
  return { matches: forEachKind(() => matches), terms: new Map(terms) };
}

describe('what is asked of the index of words', () => {
  it.each([
    ['whole in name', `'nada'`],
    ['whole', `('nada' | 'eada')`],
    ['start in name', `'nada':*`],
    ['start', `('nada':* | 'eada':*)`],
  ] as const)('for %s is the word in that way', (kind, query) => {
    expect(toIndexQuery(estimate({ ada: 0 }), kind)).toBe(query);
  });

  it('is the rare words only, rarest first', () => {
    expect(toIndexQuery(estimate({ org: 900_000, li: 9_000, ada: 10 }), 'whole in name')).toBe(`'nada' & 'nli'`);
  });

  it('is the rarest where none is rare, and never more than eight', () => {
    expect(toIndexQuery(estimate({ org: 900_000, example: 800_000 }), 'whole in name')).toBe(`'nexample'`);
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`w${n}`, n]));
    expect(toIndexQuery(estimate(many), 'whole in name').split(' & ')).toHaveLength(8);
  });
});

describe('a kind of match', () => {
  it('is common beyond what can be ranked', () => {
    expect(isCommon(estimate({}, maxRanked), 'start')).toBe(false);
    expect(isCommon(estimate({}, maxRanked + 1), 'start')).toBe(true);
  });

  it('is seen by patterns over the searched text', () => {
    expect(toPatterns(['a', 'b'], 'whole in name')).toEqual(['% na %', '% nb %']);
    expect(toPatterns(['a'], 'start')).toEqual(['% _a%']);
  });
});

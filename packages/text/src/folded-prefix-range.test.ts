import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';
import { foldedPrefixRange, type PrefixRange } from './folded-prefix-range.ts';
import { anyText } from './unicode-arbitraries.ts';

/** By code points, as databases compare: the order of the bytes of UTF-8. */
function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function holds({ from, before }: PrefixRange, folded: string): boolean {
  return compare(folded, from) >= 0 && (before === undefined || compare(folded, before) < 0);
}

describe('foldedPrefixRange', () => {
  it.each([
    ['folds the prefix', 'ÉC', { from: 'ec', before: 'ed' }],
    ['steps over the surrogates', 'a\ud7ff', { from: 'a\ud7ff', before: 'a\ue000' }],
    ['steps from the last BMP character to the first astral one', '\uffff', { from: '\uffff', before: '\u{10000}' }],
    ['raises an astral character as one', '\u{1f600}', { from: '\u{1f600}', before: '\u{1f601}' }],
    ['carries over U+10FFFF', 'a\u{10ffff}\u{10ffff}', { from: 'a\u{10ffff}\u{10ffff}', before: 'b' }],
    ['has no end above nothing but U+10FFFF', '\u{10ffff}', { from: '\u{10ffff}' }],
    ['is everything for an empty prefix', '', { from: '' }],
    ['is everything for marks alone', '\u0301', { from: '' }],
  ])('%s', (_, prefix, range) => {
    expect(foldedPrefixRange(prefix)).toEqual(range);
  });

  it('holds exactly the folded texts that start with the folded prefix', () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (prefix, rest, other) => {
        const range = foldedPrefixRange(prefix);
        for (const folded of [fold(prefix + rest), fold(prefix) + rest, fold(other), fold(prefix)]) {
          expect(holds(range, folded)).toBe(folded.startsWith(fold(prefix)));
        }
        if (range.before !== undefined) expect(holds(range, range.before)).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps its bounds well-formed, so that a database can store and compare them', () => {
    fc.assert(fc.property(anyText, (prefix) => foldedPrefixRange(prefix).before?.isWellFormed() ?? true));
  });
});

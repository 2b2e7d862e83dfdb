import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';
import { foldWithOffsets } from './fold-with-offsets.ts';
import { anyText, anyUnits } from './unicode-arbitraries.ts';

/** The part of `text` that the folded `needle` came from. */
function sourceOf(text: string, needle: string): string {
  const { folded, sourceSpan } = foldWithOffsets(text);
  const at = folded.indexOf(needle);
  expect(at).toBeGreaterThanOrEqual(0);
  const { start, end } = sourceSpan({ start: at, end: at + needle.length });
  return text.slice(start, end);
}

describe('foldWithOffsets', () => {
  it.each([
    ['accents, composed', 'le café noir', 'cafe', 'café'],
    ['accents, decomposed', 'le cafe\u0301 noir', 'cafe', 'cafe\u0301'],
    ['what follows a letter that folds to two', 'Straße 12', '12', '12'],
    ['half of a letter that folds to two', 'Straße', 'stras', 'Straß'],
    ['what follows a ligature', 'ﬁsh \u{1f600} soup', 'soup', 'soup'],
    ['astral letters', 'x\u{1d401}\u{1d408}\u{1d406}y', 'big', '\u{1d401}\u{1d408}\u{1d406}'],
    ['Korean letters that join into a syllable', 'x \u1112\u1161\u11ab국', '한', '\u1112\u1161\u11ab'],
    [
      'Korean letters with a mark between that is none before it is folded',
      'x \u3260\uff9e\u1161국',
      '가',
      '\u3260\uff9e\u1161',
    ],
    ['one syllable of several', '대한민국', '한', '한'],
    ['text after marks with nothing to stand on', '\u0301\u0301ab', 'b', 'b'],
  ])('finds %s', (_, text, needle, source) => {
    expect(sourceOf(text, needle)).toBe(source);
  });

  it('gives an empty span for an empty one, at the end too', () => {
    const { sourceSpan } = foldWithOffsets('ßa');
    expect(sourceSpan({ start: 2, end: 2 })).toEqual({ start: 1, end: 1 });
    expect(sourceSpan({ start: 3, end: 3 })).toEqual({ start: 2, end: 2 });
  });

  it('folds as fold does, whatever characters meet', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, anyUnits), (text) => {
        expect(foldWithOffsets(text).folded).toBe(fold(text));
      }),
      { numRuns: 10_000 },
    );
  });

  it('points at a part of the text that folds to something holding the span', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), fc.nat(), (text, a, b) => {
        const { folded, sourceSpan } = foldWithOffsets(text);
        const [start = 0, end = 0] = [a % (folded.length + 1), b % (folded.length + 1)].sort((x, y) => x - y);
        const source = sourceSpan({ start, end });
        if (start < end) expect(fold(text.slice(source.start, source.end))).toContain(folded.slice(start, end));
      }),
      { numRuns: 5_000 },
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countEdits, editsOf, listSwaps } from './near-words.ts';
import { type Edits, nearKeys, segmentKeys } from './word-segments.ts';

const letter = fc.constantFrom('a', 'b', 'c', '東', '😀');
const wordOf = (minLength: number) =>
  fc.array(letter, { minLength, maxLength: 12, size: 'max' }).map((letters) => letters.join(''));
const edit = fc.record({ at: fc.nat(12), kind: fc.constantFrom('insert', 'drop', 'replace'), letter });

function edited(word: string, edits: readonly { at: number; kind: string; letter: string }[]): string {
  const letters = [...word];
  for (const { at, kind, letter: other } of edits) {
    letters.splice(at % (letters.length + 1), kind === 'insert' ? 0 : 1, ...(kind === 'drop' ? [] : [other]));
  }
  return letters.join('');
}

describe('nearKeys', () => {
  it.each([1, 2] as const)('share one with every word within %d edits', (count: Edits) => {
    fc.assert(
      fc.property(wordOf(count === 1 ? 2 : 8), fc.array(edit, { maxLength: count }), (word, edits) => {
        const other = edited(word, edits);
        fc.pre([...other].length > count);
        const kept = new Set(segmentKeys(other));
        expect(nearKeys(word, count).some((key) => kept.has(key))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are few', () => {
    expect(nearKeys('informatoin', 1).length).toBeLessThanOrEqual(8);
    expect(nearKeys('informatoin', 2).length).toBeLessThanOrEqual(40);
    expect(segmentKeys('information')).toHaveLength(5);
  });
});

describe('countEdits', () => {
  it.each([
    ['soup', 'soup', 0],
    ['soup', 'suop', 1],
    ['soup', 'soop', 1],
    ['soup', 'soups', 1],
    ['soup', 'oup', 1],
    ['soup', '', 4],
    ['information', 'infromatoin', 2],
    ['ca', 'abc', 3],
    ['a😀', '😀a', 1],
  ])('of %s and %s', (one, other, edits) => {
    expect(countEdits(one, other)).toBe(edits);
    expect(countEdits(other, one)).toBe(edits);
  });

  it('of each swap is one', () => {
    fc.assert(
      fc.property(wordOf(2), (word) => {
        for (const swap of listSwaps(word)) expect(countEdits(word, swap)).toBe(1);
      }),
    );
  });
});

it('looks with two edits for words of eight letters and more', () => {
  expect(['letters', 'lettters', '東東東東東東東東'].map(editsOf)).toEqual([1, 2, 2]);
});

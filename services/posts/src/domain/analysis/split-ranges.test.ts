import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExactWords } from './read-exact-words.ts';
import { splitRanges } from './split-ranges.ts';

const longest = 11_000;
const fill = (text: string, units: number) => text.repeat(Math.ceil(units / text.length));
const wordsOf = (text: string) => [...readExactWords(text)].map((word) => word.text);

describe('the ranges of a long text', () => {
  it.each([
    ['words', 'leek soup '],
    ['words of many parts', "leek_soup-a.b'c/"],
    ['Chinese without a blank', '東京都庁'],
    ['Korean', '서울특별시'],
    ['halfwidth Japanese', 'ｶﾞｷﾞ'],
    ['signs before Chinese', 'abc+東-'],
  ])('are bounded, also of %s, and one by one have the words of the whole', (_, text) => {
    const whole = fill(text, 50_000);
    const ranges = [...splitRanges(whole)];
    for (const { start, end } of ranges) expect(end - start).toBeLessThanOrEqual(longest);
    expect(ranges.flatMap(({ start, end }) => wordsOf(whole.slice(start, end)))).toEqual(wordsOf(whole));
  });

  it('have the words of the whole, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['leek', 'e\u0301', 'é', "O'Name", 'c++', '#', '_', '-', ' ', '.', '東京', 'が', 'か\u3099', 'ﾀﾞ', '㍿'],
      ...['한', '\u1112\u1161\u11ab', '😀', '\u{20000}', '\u{1d400}', '\ufe0f', 'тест', '１２'],
    );
    const pattern = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(pattern, (text) => {
        const whole = fill(text, 21_000);
        const read = [...splitRanges(whole)].map(({ start, end }) => whole.slice(start, end));
        expect(read.join('')).toBe(whole);
        expect(read.flatMap(wordsOf)).toEqual(wordsOf(whole));
      }),
      { numRuns: 40 },
    );
  });

  it('are bounded of a script that dictionaries part, too', () => {
    for (const { start, end } of splitRanges(fill('ภาษาไทยง่ายนิดเดียว', 50_000))) {
      expect(end - start).toBeLessThanOrEqual(longest);
    }
  });

  it('overlap by a word at least where that is asked for', () => {
    const whole = fill('leek soup ', 30_000);
    const ranges = [...splitRanges(whole, { overlapUnits: 500 })];
    for (const [index, { start }] of ranges.slice(1).entries()) {
      const before = (ranges[index]?.end ?? 0) - start;
      expect(before).toBeGreaterThan(450);
      expect(before).toBeLessThanOrEqual(500);
    }
    expect(ranges.at(-1)?.end).toBe(whole.length);
  });
});

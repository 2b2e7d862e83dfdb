import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText } from './unicode-arbitraries.ts';
import { words } from './words.ts';

it('finds words as they stand, with their UTF-16 offsets', () => {
  expect(words('Big \u{1f600} Data, v2')).toEqual([
    { text: 'Big', start: 0, end: 3 },
    { text: 'Data', start: 7, end: 11 },
    { text: 'v2', start: 13, end: 15 },
  ]);
});

it('keeps marks in their word, composed or not, and astral letters whole', () => {
  expect(words('cafe\u0301 \u{10400}x').map(({ text }) => text)).toEqual(['cafe\u0301', '\u{10400}x']);
});

it.each(['', ' \n', '--- … !', '\u0301', '\u{1f600}'])('finds none in %j', (text) => {
  expect(words(text)).toEqual([]);
});

it('cuts every text into words and letterless gaps', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      let gaps = '';
      let end = 0;
      for (const word of words(text)) {
        expect(text.slice(word.start, word.end)).toBe(word.text);
        expect(word.end).toBeGreaterThan(word.start);
        gaps += text.slice(end, word.start);
        end = word.end;
      }
      expect(gaps + text.slice(end)).not.toMatch(/[\p{L}\p{N}]/u);
    }),
    { numRuns: 2_000 },
  );
});

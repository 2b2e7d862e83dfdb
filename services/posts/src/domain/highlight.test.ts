import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlightText, splitRanges, type TextHighlight } from './highlight.ts';

const termOf =
  (...terms: string[]) =>
  (word: string) =>
    terms.includes(word.toLowerCase()) ? word.toLowerCase() : undefined;
const marked = (text: string, ...terms: string[]) => {
  const highlight = highlightText(text, termOf(...terms));
  return highlight?.spans.map(({ start, length }) => highlight.snippet.slice(start, start + length));
};

describe('highlightText', () => {
  it('shows a short text whole, with its matches', () => {
    expect(highlightText('Soup of leeks, a soup', termOf('soup'))).toEqual({
      snippet: 'Soup of leeks, a soup',
      offset: 0,
      spans: [
        { start: 0, length: 4 },
        { start: 17, length: 4 },
      ],
    });
  });

  it('is undefined where nothing matches', () => {
    expect(highlightText('Soup', termOf('bread'))).toBeUndefined();
    expect(highlightText('', termOf('bread'))).toBeUndefined();
  });

  it('shows where different terms stand together, not where one comes first', () => {
    const text = `soup ${'word '.repeat(200)}leek and soup ${'word '.repeat(200)}leek`;
    const highlight = highlightText(text, termOf('soup', 'leek'));
    expect(marked(text, 'soup', 'leek')).toEqual(['leek', 'soup']);
    expect(highlight?.snippet).toContain('leek and soup');
    expect(text.slice(highlight?.offset).startsWith(highlight?.snippet ?? '-')).toBe(true);
  });

  it('cuts between words', () => {
    const text = `${'abcdefg '.repeat(100)}soup ${'abcdefg '.repeat(100)}`;
    const { snippet = '' } = highlightText(text, termOf('soup')) ?? {};
    expect(snippet.split(' ').filter((word) => !['abcdefg', 'soup', ''].includes(word))).toEqual([]);
    expect(snippet.length).toBeGreaterThan(200);
  });

  it('finds what stands anywhere in a long text, also over the end of a range, in ranges that part no word', () => {
    for (const before of [99_990, 99_994, 99_998, 100_000, 150_003, 250_000]) {
      for (const word of ["leek'soup_2", '𝒮oup', 'e\u0301toile']) {
        const text = `${'ab '.repeat(before / 3)}${'.'.repeat(before % 3)}${word} ${'ab '.repeat(20_000)}`;
        const ranges = [...splitRanges(text)];
        expect(ranges.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const found = ranges.flatMap((range) => highlightText(text, termOf(word.toLowerCase()), range) ?? []);
        expect(found).toHaveLength(1);
        const [{ snippet, offset, spans }] = found as [TextHighlight];
        expect(spans.map(({ start, length }) => snippet.slice(start, start + length))).toEqual([word]);
        expect(text.slice(offset, offset + snippet.length)).toBe(snippet);
        expect(snippet.length).toBeGreaterThan(200);
      }
    }
    expect([...splitRanges('')]).toEqual([]);
    expect([...splitRanges('x'.repeat(300_000))]).toEqual([{ start: 0, end: 300_000 }]);
  });

  it('cuts a word that is longer than a snippet', () => {
    const word = 'x'.repeat(300);
    expect(highlightText(`a ${word}`, termOf(word))?.spans).toEqual([
      { start: expect.any(Number), length: expect.any(Number) },
    ]);
  });

  it('keeps within 240 units, whole characters and the text itself, whatever the text', () => {
    const piece = fc.constantFrom('soup', 'leek', ' ', '\n', '😀', 'e\u0301', 'ж', "'", 'x'.repeat(90), '한', '東京');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 300 }).map((pieces) => pieces.join('')),
        (text) => {
          const highlight = highlightText(text, termOf('soup', 'leek'));
          if (highlight === undefined) return;
          const { snippet, offset, spans } = highlight;
          expect(text.slice(offset, offset + snippet.length)).toBe(snippet);
          expect(snippet.length).toBeLessThanOrEqual(240);
          expect(snippet.isWellFormed()).toBe(true);
          expect(spans.length).toBeGreaterThan(0);
          for (const { start, length } of spans)
            expect(['soup', 'leek']).toContain(snippet.slice(start, start + length));
        },
      ),
    );
  });
});

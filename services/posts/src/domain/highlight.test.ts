import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitRanges, type TextRange } from './analysis/split-ranges.ts';
import { highlightText, type TextHighlight, type TextMatch } from './highlight.ts';

const wordPattern = /[\p{L}\p{N}\p{M}'_]+/gu;
const finder =
  (...terms: string[]) =>
  (text: string): TextMatch[] =>
    Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => ({
      start: index,
      end: index + word.length,
      term: word.toLowerCase(),
    })).filter(({ term }) => terms.includes(term));
const highlight = (text: string, terms: string[], range?: TextRange) =>
  highlightText(text, finder(...terms), range)?.highlight;
const marked = (text: string, ...terms: string[]) => {
  const found = highlight(text, terms);
  return found?.spans.map(({ start, length }) => found.snippet.slice(start, start + length));
};

describe('highlightText', () => {
  it('shows a short text whole, with its matches', () => {
    expect(highlight('Soup of leeks, a soup', ['soup'])).toEqual({
      snippet: 'Soup of leeks, a soup',
      offset: 0,
      spans: [
        { start: 0, length: 4 },
        { start: 17, length: 4 },
      ],
    });
  });

  it('is undefined where nothing matches', () => {
    expect(highlight('Soup', ['bread'])).toBeUndefined();
    expect(highlight('', ['bread'])).toBeUndefined();
  });

  it('shows where different terms stand together, not where one comes first', () => {
    const text = `soup ${'word '.repeat(200)}leek and soup ${'word '.repeat(200)}leek`;
    const found = highlight(text, ['soup', 'leek']);
    expect(marked(text, 'soup', 'leek')).toEqual(['leek', 'soup']);
    expect(found?.snippet).toContain('leek and soup');
    expect(text.slice(found?.offset).startsWith(found?.snippet ?? '-')).toBe(true);
    const far = 'word '.repeat(100);
    expect(marked(`soup ${far}leek leek leek ${far}leek soup`, 'soup', 'leek')).toEqual(['leek', 'soup']);
  });

  it('cuts between words', () => {
    const text = `${'abcdefg '.repeat(100)}soup ${'abcdefg '.repeat(100)}`;
    const { snippet = '' } = highlight(text, ['soup']) ?? {};
    expect(snippet.split(' ').filter((word) => !['abcdefg', 'soup', ''].includes(word))).toEqual([]);
    expect(snippet.length).toBeGreaterThan(200);
  });

  it('finds what stands anywhere in a long text, also over the end of a range, in ranges that part no word', () => {
    for (const before of [9_990, 9_994, 9_998, 10_000, 15_003, 25_000]) {
      for (const word of ["leek'soup_2", '𝒮oup', 'e\u0301toile']) {
        const text = `${'ab '.repeat(before / 3)}${'.'.repeat(before % 3)}${word} ${'ab '.repeat(20_000)}`;
        const ranges = [...splitRanges(text)];
        expect(ranges.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        const found = ranges.flatMap((range) => highlight(text, [word.toLowerCase()], range) ?? []);
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

  it('takes for together what fits into a snippet, and nothing longer', () => {
    expect(marked(`soup${' '.repeat(232)}leek`, 'soup', 'leek')).toEqual(['soup', 'leek']);
    expect(marked(`soup${' '.repeat(233)}leek`, 'soup', 'leek')).toEqual(['soup']);
  });

  it('cuts between characters where there are no blanks', () => {
    for (const character of ['😀', 'e\u0301']) {
      for (const term of ['so', 'sou', 'soup', 'soups']) {
        const text = `${character.repeat(150)}${term}${character.repeat(150)}`;
        const start = text.indexOf(term);
        const { snippet = '' } =
          highlightText(text, () => [{ start, end: start + term.length, term }])?.highlight ?? {};
        expect(snippet).toMatch(new RegExp(`^(${character})+${term}(${character})+$`, 'u'));
        expect(snippet.length).toBeGreaterThan(230);
      }
    }
  });

  it('parts no match where it cuts', () => {
    const findMatches = (text: string) =>
      Array.from(text.matchAll(/leek soup|b/g), ({ 0: term, index }) => ({
        start: index,
        end: index + term.length,
        term,
      }));
    const far = 'x '.repeat(150);
    for (let words = 100; words <= 120; words += 1) {
      const between = 'a '.repeat(words);
      for (const text of [`${far}leek soup ${between}bb`, `bb ${between}leek soup ${far}`]) {
        const { snippet = '', spans = [] } = highlightText(text, findMatches)?.highlight ?? {};
        const shown = spans.map(({ start, length }) => snippet.slice(start, start + length));
        expect(shown).toEqual(snippet.match(/leek soup|b/g));
        expect(snippet.replaceAll('leek soup', '')).not.toMatch(/leek|soup/);
        expect(shown.includes('leek soup')).toBe(words <= 114);
      }
    }
  });

  it('cuts a word that is longer than a snippet', () => {
    const word = 'x'.repeat(300);
    expect(highlight(`a ${word}`, [word])).toEqual({
      snippet: 'x'.repeat(240),
      offset: 2,
      spans: [{ start: 0, length: 240 }],
    });
  });

  /** The most different words of those that begin and end within as many units as a snippet has. */
  const countTogether = (text: string, terms: string[]) => {
    const matches = finder(...terms)(text);
    const near = (from: number) => matches.filter(({ start, end }) => start >= from && end <= from + 240);
    return Math.max(...matches.map(({ start }) => new Set(near(start).map(({ term }) => term)).size));
  };

  it('shows the most of the query within 240 units, whole characters and the text itself, whatever the text', () => {
    const piece = fc.constantFrom('soup', 'leek', ' ', '\n', '😀', 'e\u0301', 'ж', "'", 'x'.repeat(90), '한', '東京');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 300, size: 'max' }).map((pieces) => pieces.join('')),
        fc.boolean(),
        (given, hasBlanks) => {
          const text = hasBlanks ? given : given.replaceAll(/\s/g, '');
          const terms = ['soup', 'leek'];
          const found = highlight(text, terms);
          if (found === undefined) return;
          const { snippet, offset, spans } = found;
          expect(text.slice(offset, offset + snippet.length)).toBe(snippet);
          expect(snippet.length).toBeLessThanOrEqual(240);
          expect(snippet.isWellFormed()).toBe(true);
          expect(spans.length).toBeGreaterThan(0);
          const words = spans.map(({ start, length }) => snippet.slice(start, start + length));
          expect(terms).toEqual(expect.arrayContaining(words));
          expect(new Set(words).size).toBe(countTogether(text, terms));
        },
      ),
    );
  });
});

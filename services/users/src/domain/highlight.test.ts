import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlightWords } from './highlight.ts';
import { readSearchWords } from './search-words.ts';

/** What the spans show of the text. */
function shown(text: string, query: string): string[] {
  const highlight = highlightWords(text, readSearchWords(query));
  return (highlight?.spans ?? []).map(({ start, length }) => highlight?.snippet.slice(start, start + length) ?? '');
}

describe('a highlight', () => {
  it.each([
    ['Émile Zola', 'emi', ['Émi']],
    ['E\u0301mile Zola', 'zo e', ['E\u0301', 'Zo']],
    ['Jane.Doe@Example.org', 'doe exam org', ['Doe', 'Exam', 'org']],
    ['Anna Annika', 'ann anna', ['Anna', 'Ann']],
    ['Großmann', 'gros', ['Groß']],
    ['😀 Ada', 'ada', ['Ada']],
    ['\ufdfa', 'صلى وسلم', ['\ufdfa']],
    ['Hannah', 'anna', []],
  ])('in %j for %j shows %j', (text, query, expected) => expect(shown(text, query)).toEqual(expected));

  it('is absent where nothing matches', () => {
    expect(highlightWords('Ada', ['bob'])).toBeUndefined();
  });

  it('of a long text shows the first match, in at most 240 code units and whole characters', () => {
    const text = `${'😀'.repeat(150)} Zoë ${'😀'.repeat(150)}`;
    const highlight = highlightWords(text, ['zoe']);
    expect(highlight).toMatchObject({ offset: 301, spans: [{ start: 0, length: 3 }] });
    expect(highlight?.snippet.length).toBeLessThanOrEqual(240);
    expect(highlight?.snippet.isWellFormed()).toBe(true);
  });

  it('lies within its text, with spans ascending and apart, whatever the text', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(anyText, anyText, (text, query) => {
        const highlight = highlightWords(`${text} ${query}`, readSearchWords(query));
        if (highlight === undefined) return;
        const { snippet, offset, spans } = highlight;
        expect(`${text} ${query}`.slice(offset, offset + snippet.length)).toBe(snippet);
        expect(snippet.length).toBeLessThanOrEqual(240);
        const ends = spans.map(({ start, length }) => start + length);
        spans.forEach(({ start, length }, index) => {
          expect(length).toBeGreaterThan(0);
          expect(start).toBeGreaterThanOrEqual(ends[index - 1] ?? 0);
        });
        expect(ends.at(-1)).toBeLessThanOrEqual(snippet.length);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/query-arbitraries.ts';
import { analyseText, findTokens } from './analyse-text.ts';
import { toIndexTerm, toTagTerm } from './index-term.ts';
import { analysedLanguages } from './languages.ts';
import { readExactWords } from './read-exact-words.ts';

const termsOf = (text: string, language = 'en') => analyseText(text, language).map(({ term }) => term);
const sharing = (left: string, right: string, language: string) => {
  const terms = new Set(termsOf(left, language));
  return termsOf(right, language).some((term) => terms.has(term));
};

describe('analyseText', () => {
  it.each([
    ['running', 'RUN', 'en'],
    ["the author's", 'Authors', 'en'],
    ['comunicación', 'comunicacion', 'es'],
    ['comunicaciones', 'comunicación', 'es'],
    ['Łódź', 'lodz', 'pl'],
    ['Straße', 'STRASSE', 'de'],
    ['книги', 'книга', 'ru'],
    ['ﬁnd', 'find', 'xx'],
    ['ﾀﾜｰ', 'タワー', 'ja'],
    ['東京タワー', '京タ', 'ja'],
    ['東京', '京', 'zh'],
    ['한국어', '국어', 'ko'],
    ['ภาษาไทย', 'ไทย', 'th'],
    ['foo_bar', 'bar', 'en'],
    ['C++', 'c++', 'en'],
    ["O'Name", "o'name", 'xx'],
    ['O’Name', "o'name", 'xx'],
  ])('finds %s by %s (%s)', (text, query, language) => {
    expect(sharing(text, query, language)).toBe(true);
  });

  it.each([
    ['C', 'C++'],
    ['C#', 'C++'],
    ['foo bar', 'foo_bar-baz'],
  ])('does not take %s for %s as written', (text, query) => {
    const [written] = analyseText(query, 'en').filter(({ kind }) => kind === 'joined' || kind === 'signed');
    expect(written).toBeDefined();
    expect(termsOf(text)).not.toContain(written?.term);
  });

  it('says where terms stand, in words and in the text', () => {
    expect(analyseText('The C++/foo café', 'en')).toEqual([
      { term: 'the', start: 0, end: 3, position: 0, kind: 'word', isStop: true },
      { term: toIndexTerm('c++/foo'), start: 4, end: 11, position: 1, kind: 'joined', isStop: false },
      { term: 'c', start: 4, end: 5, position: 1, kind: 'word', isStop: false },
      { term: toIndexTerm('c++'), start: 4, end: 7, position: 1, kind: 'signed', isStop: false },
      { term: 'foo', start: 8, end: 11, position: 2, kind: 'word', isStop: false },
      { term: 'cafe', start: 12, end: 16, position: 3, kind: 'word', isStop: false },
    ]);
  });

  it('knows the words that say little, joined ones in whole', () => {
    const stops = analyseText("die don't house", 'en').map(({ isStop }) => isStop);
    expect(stops).toEqual([false, true, true, true, false]);
    expect(analyseText('die', 'de')[0]?.isStop).toBe(true);
  });

  it('takes any text in any language, with terms that the index takes for one word', () => {
    const languages = fc.constantFrom(...analysedLanguages.keys(), 'ja', 'xx');
    const piece = fc.constantFrom(
      'a',
      "'",
      '+',
      '_',
      '東',
      'ー',
      'ﾞ',
      'é',
      '\u0301',
      '한',
      'ᄒ',
      'ไ',
      '😀',
      ' ',
      'ß',
      'İ',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, languages, (text, language) => {
        let position = 0;
        for (const token of analyseText(text, language)) {
          expect(token.term).toMatch(/^[\p{L}\p{N}_]+$/u);
          expect(token.term.startsWith(toTagTerm(''))).toBe(false);
          expect(token.end).toBeGreaterThan(token.start);
          expect(token.end).toBeLessThanOrEqual(text.length);
          expect(token.position - position).toBeGreaterThanOrEqual(0);
          position = token.position;
        }
      }),
    );
  });

  it('takes long words and long joins in linear time', () => {
    for (const text of ['x', 'a-', 'a++', 'é', "a'", '東'].map((piece) => piece.repeat(100_000))) {
      expect(analyseText(text, 'en').length).toBeLessThanOrEqual(300_000);
    }
  });
});

describe('a term', () => {
  it('of a long word is short and its own', () => {
    const [one, other] = [toIndexTerm(`${'x'.repeat(100)}a`), toIndexTerm(`${'x'.repeat(100)}b`)];
    expect(one).not.toBe(other);
    expect(one.length).toBeLessThanOrEqual(64);
  });

  it('of a whole tag is no word', () => {
    expect(toTagTerm('two words')).toMatch(/^_t_\w+$/);
  });
});

describe('readExactWords', () => {
  it('reads words as they stand but for case and accents', () => {
    const words = [...readExactWords("Café: foo_bar C++, 東京 d'Or")].map(({ text }) => text);
    expect(words).toEqual(['cafe', 'foo', 'bar', 'c++', '東', '京', 'd', 'or']);
  });
});

it('finds each term by its beginning without analysing most of the text, in every language', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCEIY019'),
    minLength: 1,
    maxLength: 12,
    size: 'max',
  });
  const joined = fc.array(word, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('-'));
  const text = fc
    .array(fc.oneof(word, joined, anyText), { minLength: 1, maxLength: 12, size: 'max' })
    .map((words) => words.join(' '));
  const languages = [...analysedLanguages.keys(), 'xx'];
  fc.assert(
    fc.property(text, fc.constantFrom(...languages), fc.nat(), (given, language, chosen) => {
      const all = analyseText(given, language);
      const beginnings = new Set(
        all
          .slice(chosen % (all.length || 1))
          .map(({ term }) => term.charAt(0))
          .slice(0, 2),
      );
      const pick = (tokens: typeof all) =>
        tokens.filter(({ term }) => beginnings.has(term.charAt(0))).map(({ position: _, ...token }) => token);
      expect(pick(findTokens(given, language, beginnings))).toEqual(pick(all));
    }),
    { numRuns: 1_000 },
  );
  expect(findTokens('none of these words', 'en', new Set('x'))).toEqual([]);
});

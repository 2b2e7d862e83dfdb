import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/query-arbitraries.ts';
import { authorsOf, compileQuery, listBeginnings } from './compile-query.ts';
import { parseQuery } from './parse-query.ts';

const compile = (
  text: string,
  { language = 'en', matching = 'any' as 'any' | 'all', expansions = new Map<string, readonly string[]>() } = {},
) => compileQuery(parseQuery(text), { language, matching, expansions });
const wordsOf = (groups: readonly { terms: readonly string[] }[]) => groups.map(({ terms }) => terms.join('|'));

describe('compileQuery', () => {
  it('leaves out the words that say little in the language, unless there are no others', () => {
    expect(wordsOf(compile('the running die').scoring)).toEqual(['run', 'die']);
    expect(wordsOf(compile('die Häuser', { language: 'de' }).scoring)).toEqual(['haus']);
    expect(wordsOf(compile('the of').scoring)).toEqual(['the', 'of']);
    expect(wordsOf(compile('the of', { matching: 'all' }).required)).toEqual(['the', 'of']);
  });

  it('counts a word as often as the query has it', () => {
    expect(compile('run soup RUNNING').scoring.map(({ terms, weight }) => [terms[0], weight])).toEqual([
      ['run', 2],
      ['soup', 1],
    ]);
  });

  it('asks for phrases and fields always, for words where all must match', () => {
    const text = 'leek "hot the soup" title:bread tag:x';
    expect(wordsOf(compile(text).required)).toEqual(['hot', 'the', 'soup', 'bread', '_t_x']);
    expect(wordsOf(compile(text, { matching: 'all' }).required)).toContain('leek');
    expect(compile(text).phrases).toEqual([{ words: ['hot', 'the', 'soup'], inTitle: false, isOpen: false }]);
  });

  it('leaves out joined words as written, and searches them by their parts', () => {
    const { scoring, required, excluded } = compile('foo_bar -a_b', { matching: 'all' });
    expect(wordsOf(required)).toEqual(['foo', 'bar']);
    expect(scoring.map(({ isBonus }) => isBonus)).toEqual([true, false, false]);
    expect(excluded.map((groups) => groups.length)).toEqual([1]);
    expect(excluded[0]?.[0]?.isBonus).toBe(true);
  });

  it('takes C++ as written, and pairs of characters where there are two', () => {
    expect(compile('C++', { matching: 'all' }).required.map(({ terms }) => terms)).toHaveLength(1);
    expect(wordsOf(compile('C++').scoring)).not.toContain('c');
    expect(wordsOf(compile('東京都', { language: 'ja' }).scoring)).toEqual(['東京', '京都']);
    expect(wordsOf(compile('京', { language: 'ja' }).scoring)).toEqual(['京']);
  });

  it('widens a beginning by the words that have it', () => {
    const expansions = new Map([['lee', ['leek', 'leef']]]);
    expect(wordsOf(compile('Lée*', { expansions }).scoring)).toEqual(['lee|leek|leef']);
    expect(listBeginnings(parseQuery('foo-Bár* BAR* -x* 東京*'))).toEqual(['bar']);
  });

  it('leaves out what begins so by the text, whatever is searched', () => {
    const { excluded, excludedPhrases } = compile('soup -title:hot-lée*', { expansions: new Map([['lee', ['leek']]]) });
    expect(excluded).toEqual([]);
    expect(excludedPhrases).toEqual([{ phrase: { words: ['hot', 'lee'], inTitle: true, isOpen: true }, words: [] }]);
  });

  it('scores nothing of a query of exclusions, and knows the authors it names', () => {
    expect(compile('-leek -"hot soup"').scoring).toEqual([]);
    const id = '0193b7d2-0000-7000-8000-00000000004a';
    expect(authorsOf(parseQuery(`author:${id} -author:${id}`), { excluded: true })).toEqual([id]);
  });

  it('takes any text for a query, whatever of it is searched', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('en', 'fr', 'ja', 'xx'), (text, language) => {
        const { required, scoring, excluded } = compile(text, { language });
        for (const { terms } of [...required, ...scoring, ...excluded.flat()]) {
          expect(terms.length).toBeGreaterThan(0);
          for (const term of terms) expect(term).toMatch(/^[\p{L}\p{N}_]+$/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});

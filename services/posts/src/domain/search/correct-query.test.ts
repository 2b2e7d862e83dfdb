import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText } from '../../testing/query-arbitraries.ts';
import { correctQuery, listQueryWords } from './correct-query.ts';
import { parseQuery } from './parse-query.ts';
import type { Query } from './query.ts';

const corrections = new Map([
  ['leak', 'leek'],
  ['suop', 'soup'],
  ['suoops', 'soups'],
]);

it.each([
  ['leak suop', 'leek soup'],
  ['LEAK, bread', 'leek, bread'],
  ['"hot léak suop" title:leak', '"hot leek soup" title:leek'],
  ['"suoops suop leak"', '"soups soup leek"'],
  ['leak-suop -leak tag:leak leak* leaks', 'leek-soup -leak tag:leak leak* leaks'],
])('corrects %s to %s', (query, corrected) => {
  expect(correctQuery(parseQuery(query), corrections)).toBe(corrected);
});

it.each(['bread', '-leak', 'tag:leak', 'leak*', ''])('leaves %j as it is', (query) => {
  expect(correctQuery(parseQuery(query), corrections)).toBeUndefined();
});

it('asks for each word once, and for none that is left out, a tag, a beginning or a single character', () => {
  const query = parseQuery('Leek leek "leek Soup" -bread tag:go ru* a 東京 title:stew');
  expect(listQueryWords(query)).toEqual(['leek', 'soup', 'stew']);
});

it('leaves a query, whatever its text, of the same parts when it is read again', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const query = parseQuery(text);
      const words = listQueryWords(query);
      const corrected = correctQuery(query, new Map(words.map((word) => [word, 'leek'])));
      expect(corrected === undefined).toBe(words.length === 0);
      if (corrected === undefined) return;
      const shape = (clauses: Query) => clauses.map(({ excluded, field, kind }) => ({ excluded, field, kind }));
      expect(shape(parseQuery(corrected))).toEqual(shape(query));
    }),
    { numRuns: 500 },
  );
});

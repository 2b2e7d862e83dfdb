import { expect, it } from 'vitest';
import { correctQuery, listQueryWords } from './correct-query.ts';
import { parseQuery } from './parse-query.ts';

const corrections = new Map([
  ['leak', 'leek'],
  ['suop', 'soup'],
]);

it.each([
  ['leak suop', 'leek soup'],
  ['LEAK, bread', 'leek, bread'],
  ['"hot léak suop" title:leak', '"hot leek soup" title:leek'],
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

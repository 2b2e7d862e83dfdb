import { isInsideCharacter } from '@tandem/text';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyText } from '../../testing/query-arbitraries.ts';
import { compileQuery } from './compile-query.ts';
import { createMatchFinder } from './find-matches.ts';
import { parseQuery } from './parse-query.ts';

it.each([
  ['leek 東京', 'leek東京', ['leek', '東京']],
  ['foo_bar', 'a foo_bar, bar', ['foo_bar', 'bar']],
  ['soup "the leek"', 'the leek soup', ['the leek', 'soup']],
  ['"leek soup" soups', 'leek soup', ['leek soup']],
  ['soup 𠮷', 'a 𝒮oup, 木𠮷木', ['𝒮oup', '𠮷']],
  ['cafés が', 'x cafe\u0301s か\u3099', ['cafe\u0301s', 'か\u3099']],
])('finds of %j in %j: %j', (query, text, expected) => {
  const compiled = compileQuery(parseQuery(query), { language: 'en', matching: 'any', expansions: new Map() });
  const matches = createMatchFinder(compiled, { field: 'title', language: 'en' })(text);
  expect(matches.map(({ start, end }) => text.slice(start, end))).toEqual(expected);
});

it('finds whole characters, in order, apart, and what matches by itself, whatever query and text', () => {
  let found = 0;
  fc.assert(
    fc.property(anyText, anyText, fc.constantFrom('en', 'fr', 'ja'), (query, text, language) => {
      const compiled = compileQuery(parseQuery(query), { language, matching: 'any', expansions: new Map() });
      const findMatches = createMatchFinder(compiled, { field: 'title', language });
      let last = 0;
      for (const { start, end } of findMatches(`${text} ${query}`)) {
        const match = `${text} ${query}`.slice(start, end);
        expect(start).toBeGreaterThanOrEqual(last);
        expect(match.isWellFormed()).toBe(true);
        expect(isInsideCharacter(`${text} ${query}`, start)).toBe(false);
        expect(findMatches(match)).not.toEqual([]);
        last = end;
        found += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(500);
});

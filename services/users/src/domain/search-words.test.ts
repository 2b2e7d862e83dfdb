import { describe, expect, it } from 'vitest';
import { readSearchWords } from './search-words.ts';

describe('the words of a query', () => {
  it.each([
    ['Émile  Zola, émile', ['emile', 'zola']],
    ['Jane.Doe+x@Example.org', ['jane', 'doe', 'x', 'example', 'org']],
    ['Straße №7', ['strasse', 'no7']],
    ['% _ \\ \' " ( & | ! : *', []],
    ['\u0301 \t\n', []],
  ])('of %j are %j', (query, found) => expect(readSearchWords(query)).toEqual(found));

  it('are cut where the store cuts names', () => {
    expect(readSearchWords('😀𝒳'.repeat(600))).toHaveLength(1);
    expect(Array.from(readSearchWords('ẋ'.repeat(2000))[0] ?? '')).toHaveLength(500);
  });
});

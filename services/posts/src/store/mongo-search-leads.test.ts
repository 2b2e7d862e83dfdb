import { expect, it } from 'vitest';
import { compileQuery } from '../domain/search/compile-query.ts';
import { parseQuery } from '../domain/search/parse-query.ts';
import { chooseLeads } from './mongo-search-leads.ts';

const list = (start: string, length: number) => Array.from({ length }, (_, index) => `${start}${index}`);
const compile = (words: readonly string[]) =>
  compileQuery(parseQuery(words.join(' ')), { language: 'none', matching: 'any', expansions: new Map() });
/** The words that lead, of a query in which each of the known ones has one post more than the one before. */
const leadsOf = async ({ unknown, known }: { unknown: readonly string[]; known: readonly string[] }) => {
  const frequencies = new Map(known.map((word, index) => [word, 1 + index]));
  const figures = async () => ({ posts: 1_000, averageTitleLength: 5, averageContentLength: 100, frequencies });
  return chooseLeads({ forms: [compile([...unknown, ...known])], figures });
};

it('the rarest of the words that posts have lead, and those that nobody has counted yet where there is room', async () => {
  const [unknown, known] = [list('new', 60), list('old', 40)];
  expect(await leadsOf({ unknown, known })).toEqual({ terms: [...known, ...unknown.slice(0, 24)], isCut: true });
  const many = list('old', 70);
  expect(await leadsOf({ unknown, known: many })).toEqual({ terms: many.slice(0, 64), isCut: true });
});

it('all words lead where they are few', async () => {
  const [unknown, known] = [list('new', 24), list('old', 40)];
  expect(await leadsOf({ unknown, known })).toEqual({ terms: [...unknown, ...known], isCut: false });
});

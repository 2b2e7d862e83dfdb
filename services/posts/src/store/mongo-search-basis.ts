import type { Collection } from 'mongodb';
import { prefixOf, termsOf } from '../domain/search/compile-query.ts';
import type { Query } from '../domain/search/query.ts';
import type { RankingFigures } from '../domain/search/score-post.ts';
import type { SearchBasis, SearchSubject } from '../domain/search.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { createQueryForms, type QueryForms } from './mongo-search-judge.ts';
import type { SearchStatistics } from './search-statistics.ts';
import type { StoreCall } from './store.ts';

/** A word's beginning stands for so many words at most. */
const maxExpansions = 30;

interface BasisSources {
  readonly posts: Collection<PostDocument>;
  readonly statistics: SearchStatistics;
}

interface BasisRequest {
  readonly query: Query;
  readonly subject: SearchSubject;
  /** The first page's. */
  readonly given: SearchBasis | undefined;
  readonly call: StoreCall;
}

export interface ReadBasis {
  readonly basis: SearchBasis;
  readonly forms: QueryForms;
  readonly figures: RankingFigures;
}

/** What the search rests on: that of the first page, or what is known now. */
export async function readBasis(
  { posts, statistics }: BasisSources,
  { query, subject, given, call }: BasisRequest,
): Promise<ReadBasis> {
  const languages = given?.languages ?? (await languagesOf(posts, subject, call));
  const expansions = given?.expansions ?? (await expandPrefixes(query, statistics, call));
  const forms = createQueryForms({ query, matching: subject.matching, expansions: new Map(expansions) });
  const terms = [...new Set(languages.flatMap((language) => termsOf(forms.in(language))))];
  const figures = recall(given, terms) ?? (await statistics.read(terms, call));
  const { posts: count, averageTitleLength, averageContentLength } = figures;
  const frequencies = terms.map((term) => figures.frequencies.get(term) ?? 0);
  const basis = { languages, expansions, posts: count, averageTitleLength, averageContentLength, frequencies };
  return { basis, forms, figures };
}

/** A release that analyses the query in another way has other terms: then the figures are read anew. */
function recall(given: SearchBasis | undefined, terms: readonly string[]): RankingFigures | undefined {
  if (given === undefined || given.frequencies.length !== terms.length) return undefined;
  return { ...given, frequencies: new Map(terms.map((term, index) => [term, given.frequencies[index] ?? 0])) };
}

/** That of the filter, or each that posts have: one look into an index each, so that a new one is there at once. */
async function languagesOf(
  posts: Collection<PostDocument>,
  { filter: { language } }: SearchSubject,
  call: StoreCall,
): Promise<string[]> {
  if (language !== undefined) return [language];
  return translating(() => posts.distinct('language', {}, boundsOf(call)));
}

async function expandPrefixes(query: Query, statistics: SearchStatistics, call: StoreCall) {
  const prefixes = [...new Set(query.filter(({ kind }) => kind === 'prefix').map(prefixOf))];
  return Promise.all(
    prefixes.map(async (prefix) => [prefix, await statistics.expandPrefix(prefix, maxExpansions, call)] as const),
  );
}

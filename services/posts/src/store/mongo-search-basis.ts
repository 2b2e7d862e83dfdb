import { listBeginnings, termsOf } from '../domain/search/compile-query.ts';
import type { Query } from '../domain/search/query.ts';
import type { RankingFigures } from '../domain/search/score-post.ts';
import type { SearchBasis } from '../domain/search.ts';
import { mapInLanes } from './map-in-lanes.ts';
import type { QueryForms } from './mongo-search-judge.ts';
import type { SearchStatistics } from './search-statistics.ts';
import type { StoreCall } from './store.ts';

/** A word's beginning stands for so many words at most. */
const maxExpansions = 30;

/** So many beginnings of a query are looked up, … */
const maxPrefixes = 8;
/** … and so many at once; further ones stand for the words that they are. */
const lookUpsAtOnce = 4;

/** What words that begin as the query says are searched by. */
export async function expandPrefixes(
  query: Query,
  statistics: SearchStatistics,
  call: StoreCall,
): Promise<SearchBasis['expansions']> {
  const prefixes = listBeginnings(query);
  const expanded = await mapInLanes(prefixes.slice(0, maxPrefixes), {
    lanes: lookUpsAtOnce,
    async map(prefix) {
      const { terms, isCut } = await statistics.expandPrefix(prefix, maxExpansions, call);
      return [prefix, terms, isCut] as const;
    },
  });
  return [...expanded, ...prefixes.slice(maxPrefixes).map((prefix) => [prefix, [], true] as const)];
}

interface FiguresRequest {
  readonly languages: readonly string[];
  readonly forms: QueryForms;
  /** The first page's. */
  readonly given: SearchBasis | undefined;
  readonly call: StoreCall;
}

/** The figures that the hits are ranked by, and how they are written down for later pages. */
export interface ReadFigures {
  readonly figures: RankingFigures;
  readonly written: Omit<SearchBasis, 'languages' | 'expansions'>;
}

/** Those of the first page, or what is known now. */
export async function readFigures(
  statistics: SearchStatistics,
  { languages, forms, given, call }: FiguresRequest,
): Promise<ReadFigures> {
  const terms = [...new Set(languages.flatMap((language) => termsOf(forms.in(language))))];
  const figures = recall(given, terms) ?? (await statistics.read(terms, call));
  const { posts, averageTitleLength, averageContentLength } = figures;
  const frequencies = terms.map((term) => figures.frequencies.get(term) ?? 0);
  return { figures, written: { posts, averageTitleLength, averageContentLength, frequencies } };
}

/** A release that analyses the query in another way has other terms: then the figures are read anew. */
function recall(given: SearchBasis | undefined, terms: readonly string[]): RankingFigures | undefined {
  if (given === undefined || given.frequencies.length !== terms.length) return undefined;
  return { ...given, frequencies: new Map(terms.map((term, index) => [term, given.frequencies[index] ?? 0])) };
}

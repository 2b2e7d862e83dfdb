import type { TextMatch } from '../domain/highlight.ts';
import type { SearchBasis, SearchFacet, SearchFacetCounts, SearchPosition, SearchSubject } from '../domain/search.ts';
import type { StoreCall } from './store.ts';

/** A part of a search's hits. */
export interface SearchPage {
  /** Where the page before ended; undefined: from the beginning. */
  readonly after: SearchPosition | undefined;
  readonly limit: number;
}

export interface SearchHit {
  readonly id: string;
  /** Finite; higher is better. */
  readonly score: number;
  readonly position: SearchPosition;
}

export interface SearchHits {
  /** Without their posts. A page that took too much looking has fewer than `limit`, or none, and goes on at `next`. */
  readonly hits: readonly SearchHit[];
  /** Undefined: there are no more. */
  readonly next: SearchPosition | undefined;
}

/** Something counted, and whether that is all of it. */
export interface Counted<T> {
  readonly value: T;
  /** False: there are at least so many. */
  readonly exact: boolean;
}

/** A search that has been planned; it answers for one call. */
export interface PreparedSearch {
  /** To be given to `prepare` for later pages. */
  readonly basis: SearchBasis;
  /** What in a field of a post in this language matches. */
  findMatches(field: 'title' | 'content', language: string): (text: string) => readonly TextMatch[];
  findHits(page: SearchPage): Promise<SearchHits>;
  /** How many posts match. */
  count(): Promise<Counted<number>>;
  /** The matches by these facets: 20 values each, the most frequent first. */
  countFacets(facets: readonly SearchFacet[]): Promise<Counted<SearchFacetCounts[]>>;
}

/** The search engine. Another can take its place. */
export interface PostSearch {
  /**
   * Every text is a valid query; one that looks for nothing finds nothing. Throws as readers do.
   *
   * @param basis of the first page, for later ones
   */
  prepare(subject: SearchSubject, call: StoreCall, basis?: SearchBasis): Promise<PreparedSearch>;
}

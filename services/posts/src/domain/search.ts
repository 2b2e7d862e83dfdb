import type { PostFilter, PostOrder, PostPosition } from './post.ts';

/** What is looked for, among which posts, and in which order it is wanted. */
export interface SearchSubject {
  readonly text: string;
  readonly filter: PostFilter;
  /** How many of the words a post must have. */
  readonly matching: 'any' | 'all';
  readonly order: SearchOrder;
}

/** `relevance` is best first; the id breaks ties. */
export type SearchOrder =
  | { readonly field: 'relevance'; readonly descending: true }
  | PostOrder<'create_time' | 'publish_time'>;

/** The place of a hit in an order: its score, or its time (null while never published), and its id. */
export type SearchPosition = PostPosition & { readonly key: number | null };

/**
 * What the order of a search's hits rests on beside the posts. Later pages are searched with that of the first, so that
 * each hit comes once while figures change. JSON.
 */
export interface SearchBasis {
  /** The languages that the query was analysed in. */
  readonly languages: readonly string[];
  /** What words that begin as the query says were searched by, and whether more words do. */
  readonly expansions: readonly (readonly [prefix: string, terms: readonly string[], isCut: boolean])[];
  readonly posts: number;
  readonly averageTitleLength: number;
  readonly averageContentLength: number;
  /** Of each term, in the order in which the query in these languages has them. */
  readonly frequencies: readonly number[];
}

/** What hits can be counted by; `month` is of `create_time`, UTC, as `2026-11`. */
export type SearchFacet = 'tags' | 'author_id' | 'language' | 'month';

export interface SearchFacetCounts {
  readonly facet: SearchFacet;
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** Whether there are more values. */
  readonly truncated: boolean;
}

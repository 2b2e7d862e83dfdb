import type { PostFilter, PostOrder, PostPosition } from './post.ts';

/** What is looked for, and among which posts. */
export interface SearchSubject {
  readonly text: string;
  readonly filter: PostFilter;
  /** How many of the words a post must have. */
  readonly matching: 'any' | 'all';
}

/** `relevance` is best first; the id breaks ties. */
export type SearchOrder =
  | { readonly field: 'relevance'; readonly descending: true }
  | PostOrder<'create_time' | 'publish_time'>;

/** The place of a hit in an order: its score, or its time (null while never published), and its id. */
export type SearchPosition = PostPosition & { readonly key: number | null };

export const searchFacets = ['tags', 'author_id', 'language', 'month'] as const;
/** What hits can be counted by; `month` is of `create_time`, UTC, as `2026-11`. */
export type SearchFacet = (typeof searchFacets)[number];

export interface SearchFacetCounts {
  readonly facet: SearchFacet;
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** Whether there are more values. */
  readonly truncated: boolean;
}

import type { CallBounds } from '@tandem/rpc';

/** What ranking knows of all posts; up to 30 s old. */
export interface TermStatistics {
  /** How many posts there are. */
  readonly posts: number;
  /** In words that are no stop words (`search.title_length`, `search.content_length` of the posts). */
  readonly averageTitleLength: number;
  readonly averageContentLength: number;
  /** How many posts have each of the terms that were asked for; a term that none has may be missing. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/** What a word's beginning stands for. */
export interface Expansion {
  /** Those of the most posts first. */
  readonly terms: readonly string[];
  /** Whether there are more. */
  readonly isCut: boolean;
}

/** The vocabulary of the posts and its figures. Throws as readers do. */
export interface SearchStatistics {
  read(terms: readonly string[], call: CallBounds): Promise<TermStatistics>;
  /** At most `limit` terms of words that begin with the prefix (as written in a query: analysed here). */
  expandPrefix(prefix: string, limit: number, call: CallBounds): Promise<Expansion>;
}

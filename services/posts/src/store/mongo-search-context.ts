import type { Collection, Filter } from 'mongodb';
import type { PostDocument } from './mongo-post-document.ts';
import type { PreparedSearch } from './store.ts';

/** What both ways of matching work on. */
export interface SearchContext {
  readonly posts: Collection<PostDocument>;
  /** The filter, without the words. */
  readonly match: Filter<PostDocument>;
  /** The query's words, each once; joined by blanks the engine takes them. */
  readonly words: readonly string[];
  /** Their terms in the text index, each once. */
  readonly terms: readonly string[];
  readonly termOf: PreparedSearch['termOf'];
  /** How many posts with all of the words are held in memory; where each word is in more, the search is refused. */
  readonly maxCandidates: number;
}

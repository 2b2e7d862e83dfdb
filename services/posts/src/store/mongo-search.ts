import { fold } from '@tandem/text';
import type { Collection } from 'mongodb';
import { readSearchWords } from '../domain/search-words.ts';
import { foldTerm, stemEnglish } from './english-stem.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { toMatch } from './mongo-post-filter.ts';
import { prepareAllWords } from './mongo-search-all.ts';
import { prepareAnyWord } from './mongo-search-any.ts';
import { createTermReader } from './mongo-search-terms.ts';
import type { PostSearch, PreparedSearch } from './store.ts';

/** About 200 bytes each. */
const defaultMaxCandidates = 200_000;

const nothing: PreparedSearch = {
  termOf: () => undefined,
  findHits: async () => [],
  count: async () => 0,
  countFacets: async (facets) => facets.map((facet) => ({ facet, values: [], truncated: false })),
};

/** Search by MongoDB's text index, ranked by its `textScore`. */
export function createPostSearch(
  posts: Collection<PostDocument>,
  { maxCandidates = defaultMaxCandidates }: { maxCandidates?: number } = {},
): PostSearch {
  const readTerms = createTermReader(posts);
  return {
    async prepare({ text, filter, matching }, call) {
      const match = toMatch(filter);
      const words = [...new Set(readSearchWords(text).map((word) => word.text))];
      if (match === undefined || words.length === 0) return nothing;
      const terms = await readTerms(words.join(' '), call);
      if (terms.length === 0) return nothing;
      const context = { posts, match, words, terms, termOf: matchTerms(terms), maxCandidates };
      return matching === 'any' ? prepareAnyWord(context, call) : prepareAllWords(context, call);
    },
  };
}

function matchTerms(terms: readonly string[]): PreparedSearch['termOf'] {
  const wanted = new Set(terms.map(foldTerm));
  // A stem begins as its word does, and stemming is what takes time.
  const beginnings = new Set([...wanted].map((term) => term.charAt(0)));
  return (word) => {
    if (!beginnings.has(fold(String.fromCodePoint(word.codePointAt(0) ?? 0)).charAt(0))) return undefined;
    const stem = stemEnglish(word);
    return wanted.has(stem) ? stem : undefined;
  };
}

import type { CallBounds } from '@tandem/rpc';
import { analyseText } from '../../domain/analysis/analyse-text.ts';
import { timeLeft } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import type { SearchStatistics } from '../search-statistics.ts';
import type { StatisticsCollections } from './statistics-collections.ts';

export interface UnknownSearch {
  readonly words: readonly string[];
  /** In which the words are analysed. */
  readonly languages: readonly string[];
  /** So many of the words that the statistics do not know are looked for in the index. */
  readonly limit: number;
}

/**
 * The first words that no post has in any form: the statistics know of none, and the index, which is always fresh, has
 * none. By one statement for all words and one for each that is looked for.
 */
export async function findUnknownWords(
  { posts, statistics }: Pick<StatisticsCollections, 'posts'> & { readonly statistics: SearchStatistics },
  { words, languages, limit }: UnknownSearch,
  call: CallBounds,
): Promise<string[]> {
  const termsOf = new Map(words.map((word) => [word, listTerms(word, languages)]));
  const { frequencies } = await statistics.read([...new Set([...termsOf.values()].flat())], call);
  const isCounted = (term: string) => (frequencies.get(term) ?? 0) > 0;
  const uncounted = words.filter((word) => !termsOf.get(word)?.some(isCounted)).slice(0, limit);
  const hasPost = async (word: string) => {
    const match = { $text: { $search: (termsOf.get(word) ?? []).join(' '), $language: 'none' } };
    return (await posts.findOne(match, { projection: { _id: 1 }, ...timeLeft(call) })) !== null;
  };
  return translating(async () => {
    const found = await Promise.all(uncounted.map(hasPost));
    return uncounted.filter((_, index) => !found[index]);
  });
}

function listTerms(word: string, languages: readonly string[]): string[] {
  return [...new Set(languages.flatMap((language) => analyseText(word, language).map(({ term }) => term)))];
}

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
}

/** The words that no post has in any form: the statistics know of none, and the index, which is always fresh, has none. */
export async function findUnknownWords(
  { posts, statistics }: Pick<StatisticsCollections, 'posts'> & { readonly statistics: SearchStatistics },
  { words, languages }: UnknownSearch,
  call: CallBounds,
): Promise<string[]> {
  const termsOf = new Map(words.map((word) => [word, listTerms(word, languages)]));
  const { frequencies } = await statistics.read([...new Set([...termsOf.values()].flat())], call);
  const isCounted = (term: string) => (frequencies.get(term) ?? 0) > 0;
  const uncounted = words.filter((word) => !termsOf.get(word)?.some(isCounted));
  const hasPost = async (term: string) => {
    const match = { $text: { $search: term, $language: 'none' } };
    return (await posts.findOne(match, { projection: { _id: 1 }, ...timeLeft(call) })) !== null;
  };
  return translating(async () => {
    const found = await Promise.all(uncounted.map((word) => Promise.all((termsOf.get(word) ?? []).map(hasPost))));
    return uncounted.filter((_, index) => !found[index]?.some(Boolean));
  });
}

function listTerms(word: string, languages: readonly string[]): string[] {
  return [...new Set(languages.flatMap((language) => analyseText(word, language).map(({ term }) => term)))];
}

import { makeCall } from '@tandem/rpc/testing';
import type { SearchBasis, SearchOrder, SearchSubject } from '../../domain/search.ts';
import type { PostStore, PreparedSearch } from '../store.ts';

export const byRelevance: SearchOrder = { field: 'relevance', descending: true };

type Subject = Partial<Omit<SearchSubject, 'text'>>;

/** A search for any of the words, best first, where the subject says nothing else. */
export async function prepareSearch(
  { search }: Pick<PostStore, 'search'>,
  text: string,
  subject: Subject = {},
  basis?: SearchBasis,
): Promise<PreparedSearch> {
  return search.prepare({ text, filter: {}, matching: 'any', order: byRelevance, ...subject }, makeCall(), basis);
}

/** The first ten hits. */
export async function findIds(
  store: Pick<PostStore, 'search'>,
  text: string,
  subject: Subject = {},
): Promise<string[]> {
  const { hits } = await (await prepareSearch(store, text, subject)).findHits({ after: undefined, limit: 10 });
  return hits.map(({ id }) => id);
}

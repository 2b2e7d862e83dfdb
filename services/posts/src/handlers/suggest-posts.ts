import {
  SuggestionKind,
  type SuggestPostsRequestSchema,
  type SuggestPostsResponseSchema,
} from '@tandem/contracts/posts';
import type { UnaryHandler } from '@tandem/rpc';
import type { SearchVocabulary } from '../store/store.ts';

const defaultLimit = 10;

const kinds = {
  title: SuggestionKind.TITLE,
  term: SuggestionKind.TERM,
  tag: SuggestionKind.TAG,
} as const;

/** Suggests titles, words and tags that begin with what has been typed. */
export function suggestPosts({
  vocabulary,
}: {
  vocabulary: Pick<SearchVocabulary, 'suggest'>;
}): UnaryHandler<typeof SuggestPostsRequestSchema, typeof SuggestPostsResponseSchema> {
  return async ({ prefix, limit }, call) => {
    const found = await vocabulary.suggest(prefix, limit === 0 ? defaultLimit : limit, call);
    return {
      suggestions: found.map(({ kind, text, postId = '' }) => ({ kind: kinds[kind], text, postId })),
    };
  };
}

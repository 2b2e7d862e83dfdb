import type { MessageInitShape } from '@bufbuild/protobuf';
import { SearchUsersRequestSchema, type SearchUsersResponseSchema, type UserHitSchema } from '@tandem/contracts/users';
import { chooseReader, countIfAsked, type Paging, type Readers, type UnaryHandler } from '@tandem/rpc';
import { highlightWords } from '../domain/highlight.ts';
import { readSearchWords } from '../domain/search-words.ts';
import { rankPerKind, type SearchPosition, type UserHit } from '../domain/user-search.ts';
import type { UserReader } from '../store/store.ts';
import { toUserFilter } from './list-users.ts';
import { toUserMessage } from './user-message.ts';

interface SearchUsersDependencies {
  readonly readers: Readers<Pick<UserReader, 'search' | 'countFound'>>;
  readonly paging: Paging;
}

/** Finds users by words, or beginnings of words, of name and e-mail; best first. */
export function searchUsers({
  readers,
  paging,
}: SearchUsersDependencies): UnaryHandler<typeof SearchUsersRequestSchema, typeof SearchUsersResponseSchema> {
  return async (request, call) => {
    const { limit, after } = paging.open<SearchPosition>(call, SearchUsersRequestSchema, request);
    const reader = chooseReader(readers, request.consistency);
    const subject = { words: readSearchWords(request.query), filter: toUserFilter(request.filter) };
    const [page, total] = await Promise.all([
      reader.search({ ...subject, after, limit }, call),
      countIfAsked(request, () => reader.countFound(subject, call)),
    ]);
    return {
      hits: page.hits.map((hit) => toHitMessage(hit, subject.words)),
      nextPageToken: paging.seal(call, SearchUsersRequestSchema, request, page.next),
      ...total,
    };
  };
}

function toHitMessage({ user, rank }: UserHit, words: readonly string[]): MessageInitShape<typeof UserHitSchema> {
  const highlights = (['name', 'email'] as const).flatMap((field) => {
    const highlight = highlightWords(user[field], words);
    return highlight === undefined ? [] : [{ field, ...highlight }];
  });
  return { user: toUserMessage(user), score: rank / rankPerKind, highlights };
}

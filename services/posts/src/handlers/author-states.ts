import { AuthorState } from '@tandem/contracts/posts';
import { TandemError } from '@tandem/rpc';
import type { Author, AuthorDirectory, DirectoryCall } from '../peers/author-directory.ts';

/** What is known of an author, as items of a page say it. */
export interface KnownAuthor {
  readonly authorState: AuthorState;
  /** The user's message; there for the states OK and INACTIVE. */
  readonly author?: Uint8Array;
}

/** By author id; one request, however many posts they have. */
export async function readAuthorStates(
  directory: Pick<AuthorDirectory, 'findMany'>,
  ids: readonly string[],
  call: DirectoryCall,
): Promise<(id: string) => KnownAuthor> {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return unavailable;
  try {
    const found = await directory.findMany(distinct, call);
    return (id) => toKnownAuthor(found.get(id));
  } catch (error) {
    if (error instanceof TandemError && error.reason === 'PEER_UNAVAILABLE') return unavailable;
    throw error;
  }
}

export function toKnownAuthor(author: Author | undefined): KnownAuthor {
  if (author === undefined) return { authorState: AuthorState.NOT_FOUND };
  return { author: author.bytes, authorState: author.isActive ? AuthorState.OK : AuthorState.INACTIVE };
}

function unavailable(): KnownAuthor {
  return { authorState: AuthorState.UNAVAILABLE };
}

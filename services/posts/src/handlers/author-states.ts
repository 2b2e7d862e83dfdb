import { AuthorState } from '@tandem/contracts/posts';
import type { User } from '@tandem/contracts/users';
import { TandemError } from '@tandem/rpc';
import type { AuthorDirectory, DirectoryCall } from '../peers/author-directory.ts';

/** What is known of an author, as items of a page say it. */
export interface KnownAuthor {
  readonly authorState: AuthorState;
  readonly author?: User;
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

export function toKnownAuthor(author: User | undefined): KnownAuthor {
  if (author === undefined) return { authorState: AuthorState.NOT_FOUND };
  return { author, authorState: author.isActive === true ? AuthorState.OK : AuthorState.INACTIVE };
}

function unavailable(): KnownAuthor {
  return { authorState: AuthorState.UNAVAILABLE };
}

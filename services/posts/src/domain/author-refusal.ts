import { TandemError } from '@tandem/rpc/errors';

/** Why a user may have no new post. */
export interface AuthorRefusal {
  readonly reason: 'AUTHOR_NOT_FOUND' | 'AUTHOR_INACTIVE';
  readonly message: string;
}

/**
 * Undefined: nothing speaks against it.
 *
 * @param author undefined: there is no such user
 */
export function refuseAuthor(
  id: string,
  author: { readonly isActive: boolean } | undefined,
): AuthorRefusal | undefined {
  if (author === undefined) {
    return { reason: 'AUTHOR_NOT_FOUND', message: `author_id: there is no user ${id}. Create the user first.` };
  }
  if (author.isActive) return undefined;
  return { reason: 'AUTHOR_INACTIVE', message: `author_id: the user ${id} is not active. Activate the user first.` };
}

/** What is told of an author who was deleted, whatever the users service still says. */
export function refuseEnded(id: string): AuthorRefusal {
  return {
    reason: 'AUTHOR_NOT_FOUND',
    message: `author_id: the user ${id} was deleted and can have no new post.`,
  };
}

/** The same, to be thrown. */
export function authorEnded(id: string): TandemError {
  const { reason, message } = refuseEnded(id);
  return new TandemError(reason, message, { metadata: { author_id: id } });
}

import { CascadeState, type DeleteUserRequestSchema, type DeleteUserResponseSchema } from '@tandem/contracts/users';
import { checkEtag, type UnaryHandler } from '@tandem/rpc';
import type { UserStore } from '../store/store.ts';
import { requireUser } from './user-message.ts';

/** Deletes a user and the user's sessions. The record of it is what the deletion of the posts will be carried out from. */
export function deleteUser(
  store: Pick<UserStore, 'transaction'>,
): UnaryHandler<typeof DeleteUserRequestSchema, typeof DeleteUserResponseSchema> {
  return ({ id, etag }, call) =>
    store.transaction(call, async (tx) => {
      const user = requireUser(await tx.users.lock(id), 'id');
      checkEtag(etag, { name: 'user', version: user.version });
      await tx.users.delete(user);
      return { postsDeleted: 0n, cascadeState: CascadeState.PENDING };
    });
}

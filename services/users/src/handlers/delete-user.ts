import type { DeleteUserRequest, DeleteUserRequestSchema, DeleteUserResponseSchema } from '@tandem/contracts/users';
import {
  type Answer,
  AttemptUnfinished,
  breakpoint,
  type Call,
  checkEtag,
  EncodedReply,
  type UnaryHandler,
} from '@tandem/rpc';
import type { Deletion } from '../jobs/end-deletion.ts';
import type { UserStore } from '../store/store.ts';
import { requireUser } from './user-message.ts';

interface DeleteUserDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  /** Deletes the posts of a user who is deleted, as far as the call's time allows, and gives the answer that is stored. */
  readonly endDeletion: (deletion: Deletion, call: Call) => Promise<Answer>;
}

/** How long after the call's time the job takes over from a call that was cut off. */
const takeOverMs = 1_000;

/**
 * Deletes a user and the user's sessions, and then the user's posts in the other service. A duplicate of a call that was
 * cut off between the two does what is left.
 */
export function deleteUser({
  store,
  endDeletion,
}: DeleteUserDependencies): UnaryHandler<typeof DeleteUserRequestSchema, typeof DeleteUserResponseSchema> {
  return async (request, call) => {
    const deletion = { userId: request.id, answerTo: toKey(call) };
    await beginDeletion(store, request, call).catch((error: unknown) => {
      if (!(error instanceof AttemptUnfinished)) throw error;
    });
    breakpoint('deletion:begun');
    const { bytes } = await endDeletion(deletion, call);
    return new EncodedReply(bytes);
  };
}

async function beginDeletion(
  store: Pick<UserStore, 'transaction'>,
  { id, etag }: DeleteUserRequest,
  call: Call,
): Promise<void> {
  const { deadline, signal, claim } = call;
  await store.transaction({ deadline, signal, claim, answeredLater: true }, async (tx) => {
    const user = requireUser(await tx.users.lock(id), id);
    checkEtag(etag, { name: 'user', version: user.version });
    await tx.users.delete(user);
    const delayMs = deadline - Date.now() + takeOverMs;
    await tx.jobs.enqueue({ queue: 'delete-author-posts', id, data: { userId: id, answerTo: toKey(call) }, delayMs });
    return user;
  });
}

function toKey({ claim }: Call): Deletion['answerTo'] {
  if (claim === undefined) return undefined;
  const { caller, method, requestId } = claim;
  return { caller, method, requestId };
}

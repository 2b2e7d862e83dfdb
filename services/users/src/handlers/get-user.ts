import type { GetUserRequestSchema, GetUserResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import type { UserReader } from '../store/store.ts';
import { requireUser, toUserMessage } from './user-message.ts';

/** Reads one user. */
export function getUser(
  reader: Pick<UserReader, 'get'>,
): UnaryHandler<typeof GetUserRequestSchema, typeof GetUserResponseSchema> {
  return async ({ id }, call) => {
    const user = await reader.get(id, call);
    return { user: toUserMessage(requireUser(user, 'id')) };
  };
}

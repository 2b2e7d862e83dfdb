import type { GetUserByEmailRequestSchema, GetUserByEmailResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import type { UserReader } from '../store/store.ts';
import { requireUser, toUserMessage } from './user-message.ts';

/** Reads the user with this e-mail, ignoring case. */
export function getUserByEmail(
  reader: Pick<UserReader, 'getByEmail'>,
): UnaryHandler<typeof GetUserByEmailRequestSchema, typeof GetUserByEmailResponseSchema> {
  return async ({ email }, call) => {
    const user = await reader.getByEmail(email, call);
    return { user: toUserMessage(requireUser(user, 'email')) };
  };
}

import type { GetUserRequestSchema, GetUserResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import type { Readers, UserReader } from '../store/store.ts';
import { chooseReader } from './choose-reader.ts';
import { requireUser, toUserMessage } from './user-message.ts';

/** Reads one user. */
export function getUser(
  readers: Readers<Pick<UserReader, 'get'>>,
): UnaryHandler<typeof GetUserRequestSchema, typeof GetUserResponseSchema> {
  return async ({ id, consistency }, call) => {
    const user = await chooseReader(readers, consistency).get(id, call);
    return { user: toUserMessage(requireUser(user, 'id')) };
  };
}

import type { GetUserRequestSchema, GetUserResponseSchema } from '@tandem/contracts/users';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { EncodedUserReader } from '../store/store.ts';
import { replyWithUser } from './encoded-user.ts';
import { requireUser } from './user-message.ts';

/** Reads one user. */
export function getUser(
  readers: Readers<Pick<EncodedUserReader, 'get'>>,
): UnaryHandler<typeof GetUserRequestSchema, typeof GetUserResponseSchema> {
  return async ({ id, consistency }, call) => {
    const user = await chooseReader(readers, consistency).get(id, call);
    return replyWithUser(requireUser(user, id));
  };
}

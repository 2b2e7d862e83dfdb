import type { GetUserByEmailRequestSchema, GetUserByEmailResponseSchema } from '@tandem/contracts/users';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { EncodedUserReader } from '../store/store.ts';
import { replyWithUser } from './encoded-user.ts';
import { requireUserByEmail } from './user-message.ts';

/** Reads the user with this e-mail, ignoring case. */
export function getUserByEmail(
  readers: Readers<Pick<EncodedUserReader, 'getByEmail'>>,
): UnaryHandler<typeof GetUserByEmailRequestSchema, typeof GetUserByEmailResponseSchema> {
  return async ({ email, consistency }, call) => {
    const user = await chooseReader(readers, consistency).getByEmail(email, call);
    return replyWithUser(requireUserByEmail(user));
  };
}

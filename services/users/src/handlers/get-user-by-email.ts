import type { GetUserByEmailRequestSchema, GetUserByEmailResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import type { EncodedUserReader, Readers } from '../store/store.ts';
import { chooseReader } from './choose-reader.ts';
import { replyWithUser } from './encoded-user.ts';
import { requireUser } from './user-message.ts';

/** Reads the user with this e-mail, ignoring case. */
export function getUserByEmail(
  readers: Readers<Pick<EncodedUserReader, 'getByEmail'>>,
): UnaryHandler<typeof GetUserByEmailRequestSchema, typeof GetUserByEmailResponseSchema> {
  return async ({ email, consistency }, call) => {
    const user = await chooseReader(readers, consistency).getByEmail(email, call);
    return replyWithUser(requireUser(user, 'email'));
  };
}

import type { CountUsersRequestSchema, CountUsersResponseSchema } from '@tandem/contracts/users';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { UserReader } from '../store/store.ts';
import { toUserFilter } from './list-users.ts';

/** Counts users by filter. */
export function countUsers(
  readers: Readers<Pick<UserReader, 'count'>>,
): UnaryHandler<typeof CountUsersRequestSchema, typeof CountUsersResponseSchema> {
  return async ({ filter, consistency }, call) => {
    const count = await chooseReader(readers, consistency).count(toUserFilter(filter), call);
    return { count };
  };
}

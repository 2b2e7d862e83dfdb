import type { BatchGetUsersRequestSchema, BatchGetUsersResponseSchema } from '@tandem/contracts/users';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { EncodedUserReader } from '../store/store.ts';
import { replyWithUsers } from './encoded-user.ts';

/** Reads users by id: those found in the request's order, each once, and the ids of the others. */
export function batchGetUsers(
  readers: Readers<Pick<EncodedUserReader, 'getMany'>>,
): UnaryHandler<typeof BatchGetUsersRequestSchema, typeof BatchGetUsersResponseSchema> {
  return async (request, call) => {
    const ids = [...new Set(request.ids)];
    const users = await chooseReader(readers, request.consistency).getMany(ids, call);
    const found = ids.flatMap((id) => users.get(id) ?? []);
    return replyWithUsers(
      found,
      ids.filter((id) => !users.has(id)),
    );
  };
}

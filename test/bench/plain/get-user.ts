import { status } from '@grpc/grpc-js';
import type { GetUser } from './contract.ts';
import { toUser } from './to-user.ts';
import type { UserRepository } from './user-repository.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createGetUser(users: UserRepository): GetUser {
  return async ({ request: { id, consistency } }, callback) => {
    if (!UUID.test(id)) {
      callback({ code: status.INVALID_ARGUMENT, message: 'id must be a UUID' });
      return;
    }
    try {
      const strong = consistency === 'READ_CONSISTENCY_STRONG';
      const row = strong ? await users.read(id) : await users.find(id);
      if (row === undefined) callback({ code: status.NOT_FOUND, message: `no user ${id}` });
      else callback(null, { user: toUser(row) });
    } catch (error) {
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}

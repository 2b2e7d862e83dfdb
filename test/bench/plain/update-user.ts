import { status } from '@grpc/grpc-js';
import type { UpdateUser } from './contract.ts';
import { toUser } from './to-user.ts';
import type { UserRepository } from './user-repository.ts';

export function createUpdateUser(users: UserRepository): UpdateUser {
  return async ({ request: { user } }, callback) => {
    try {
      const row = await users.rename(user.id, user.name);
      if (row === undefined) callback({ code: status.NOT_FOUND, message: `no user ${user.id}` });
      else callback(null, { user: toUser(row) });
    } catch (error) {
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}

import { status } from '@grpc/grpc-js';
import type { CreateUser } from './contract.ts';
import { isUniqueViolation } from './is-unique-violation.ts';
import { toUser } from './to-user.ts';
import type { UserRepository } from './user-repository.ts';

const EMAIL = /^[^@\s]+@[^@\s]+$/;

export function createCreateUser(users: UserRepository): CreateUser {
  return async ({ request: { email, name } }, callback) => {
    if (!EMAIL.test(email) || name === '') {
      callback({ code: status.INVALID_ARGUMENT, message: 'email and name are required' });
      return;
    }
    try {
      callback(null, { user: toUser(await users.insert({ email, name, isActive: true })) });
    } catch (error) {
      if (isUniqueViolation(error)) {
        callback({ code: status.ALREADY_EXISTS, message: 'the e-mail is taken' });
        return;
      }
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}

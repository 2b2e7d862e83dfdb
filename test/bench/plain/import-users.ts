import { status } from '@grpc/grpc-js';
import type { ImportUsers, ImportUsersRequest } from './contract.ts';
import { isUniqueViolation } from './is-unique-violation.ts';
import type { UserRepository } from './user-repository.ts';

/** Row by row, one after the other. */
export function createImportUsers(users: UserRepository): ImportUsers {
  return async (call, callback) => {
    const counts = { imported: 0, failed: 0 };
    try {
      for await (const { rows } of call as AsyncIterable<ImportUsersRequest>) {
        for (const { email, name, is_active: isActive = true } of rows?.rows ?? []) {
          counts[(await tryInsert(users, { email, name, isActive })) ? 'imported' : 'failed'] += 1;
        }
      }
      callback(null, counts);
    } catch (error) {
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}

async function tryInsert(users: UserRepository, row: Parameters<UserRepository['insert']>[0]): Promise<boolean> {
  try {
    await users.insert(row);
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

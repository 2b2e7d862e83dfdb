import { answering } from './answering.ts';
import type { BatchGetUsers } from './contract.ts';
import { toUser } from './to-user.ts';
import type { UserRepository } from './user-repository.ts';

export function createBatchGetUsers(users: UserRepository): BatchGetUsers {
  return answering(async ({ ids }) => {
    const rows = await users.findMany(ids);
    const missing = ids.filter((id) => !rows.has(id));
    return { users: ids.flatMap((id) => rows.get(id) ?? []).map(toUser), missing_ids: missing };
  });
}

import { randomUUID } from 'node:crypto';
import type { UsersClient } from '@tandem/contracts';
import type { Operations, Subject, Write } from './versions.ts';

const bounded = { timeoutMs: 5_000 };

/** Users whose names tell how often they were written. */
export const userOperations: Operations<UsersClient, Subject> = {
  async create(client) {
    const id = randomUUID();
    await client.createUser({ userId: id, email: `${id}@faults.example`, name: '0' });
    return { id, acknowledged: 0, begun: 0 };
  },
  plan: rename,
  change: rename,
  async read({ id }, client) {
    const { user } = await client.getUser({ id }, bounded);
    return Number(user?.name);
  },
  async readMany(subjects, client) {
    const { users } = await client.batchGetUsers({ ids: subjects.map(({ id }) => id) }, bounded);
    const numbers = new Map(users.map(({ id, name }) => [id, Number(name)]));
    return subjects.map(({ id }) => numbers.get(id) ?? Number.NEGATIVE_INFINITY);
  },
};

function rename({ id }: Subject, { number, requestId }: Write) {
  return (client: UsersClient) => client.updateUser({ user: { id, name: String(number) }, requestId }, bounded);
}

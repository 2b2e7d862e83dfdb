import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { ReadConsistency } from '@tandem/contracts/options';
import {
  BatchGetUsersRequestSchema,
  CountUsersRequestSchema,
  GetUserByEmailRequestSchema,
  GetUserRequestSchema,
  GetUserStatsRequestSchema,
  ListUsersRequestSchema,
  type User,
} from '@tandem/contracts/users';
import { createPaging, type TandemError } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { batchGetUsers } from './batch-get-users.ts';
import { countUsers } from './count-users.ts';
import { encodeReaders } from './encoded-user.ts';
import { getUser } from './get-user.ts';
import { getUserByEmail } from './get-user-by-email.ts';
import { getUserStats } from './get-user-stats.ts';
import { listUsers } from './list-users.ts';
import { makeCreateOne } from './testing/create-one.ts';

const primary = usePool(await useUsersDatabase());
const createOne = makeCreateOne(createPostgresUserStore(primary));
const lagging = createPostgresUserStore(primary, usePool(await useUsersDatabase()));
const encoded = encodeReaders(lagging);
const paging = createPaging([Buffer.alloc(32, 1)]);

describe('READ_CONSISTENCY_EVENTUAL', () => {
  it.each([
    [
      'GetUser',
      (user: User, consistency: ReadConsistency) =>
        getUser(encoded)(create(GetUserRequestSchema, { id: user.id, consistency }), makeCall()),
    ],
    [
      'GetUserByEmail',
      (user: User, consistency: ReadConsistency) =>
        getUserByEmail(encoded)(create(GetUserByEmailRequestSchema, { email: user.email!, consistency }), makeCall()),
    ],
    [
      'BatchGetUsers',
      (user: User, consistency: ReadConsistency) =>
        batchGetUsers(encoded)(create(BatchGetUsersRequestSchema, { ids: [user.id], consistency }), makeCall()),
    ],
    [
      'ListUsers',
      (user: User, consistency: ReadConsistency) => {
        const request = create(ListUsersRequestSchema, { filter: { namePrefix: user.name! }, consistency });
        return listUsers({ readers: lagging, paging })(request, makeCall());
      },
    ],
    [
      'CountUsers',
      (user: User, consistency: ReadConsistency) => {
        const request = create(CountUsersRequestSchema, { filter: { namePrefix: user.name! }, consistency });
        return countUsers(lagging)(request, makeCall());
      },
    ],
    [
      'GetUserStats',
      (user: User, consistency: ReadConsistency) => {
        const request = create(GetUserStatsRequestSchema, { filter: { namePrefix: user.name! }, consistency });
        return getUserStats(lagging)(request, makeCall());
      },
    ],
  ])('has %s read what may lag, and nothing else has', async (_, read) => {
    const user = await createOne({ name: randomUUID() });
    const outcome = (consistency: ReadConsistency) =>
      read(user, consistency).then(
        (reply) =>
          JSON.stringify({ ...reply, asOf: undefined }, (_, value) =>
            typeof value === 'bigint' ? String(value) : value,
          ),
        (error: TandemError) => error.reason,
      );
    const strong = await outcome(ReadConsistency.STRONG);
    expect(await outcome(ReadConsistency.UNSPECIFIED)).toBe(strong);
    expect(await outcome(ReadConsistency.EVENTUAL)).not.toBe(strong);
  });
});

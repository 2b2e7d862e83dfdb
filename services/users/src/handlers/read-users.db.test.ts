import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  BatchGetUsersRequestSchema,
  BatchGetUsersResponseSchema,
  CountUsersRequestSchema,
  CountUsersResponseSchema,
  GetUserByEmailRequestSchema,
  GetUserRequestSchema,
  GetUserStatsRequestSchema,
  GetUserStatsResponseSchema,
  ListUsersRequestSchema,
  ListUsersResponseSchema,
  StatsBucket,
} from '@tandem/contracts/users';
import { createPaging } from '@tandem/rpc';
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
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { makeCreateOne } from './testing/create-one.ts';

const store = createPostgresUserStore(usePool(await useUsersDatabase()));
const encoded = encodeReaders(store);
const createOne = makeCreateOne(store);
const list = listUsers({ readers: store, paging: createPaging([Buffer.alloc(32, 1)]) });

describe('GetUser, GetUserByEmail', () => {
  it('refuse what is not there, and tell the id that it is, but no e-mail', async () => {
    const id = randomUUID();
    const email = `${id}@example.org`;
    const byId = getUser(encoded)(create(GetUserRequestSchema, { id }), makeCall());
    await expect(byId).rejects.toMatchObject({
      reason: 'USER_NOT_FOUND',
      message: expect.stringContaining(id),
      metadata: { id },
    });
    const byEmail = getUserByEmail(encoded)(create(GetUserByEmailRequestSchema, { email }), makeCall());
    await expect(byEmail).rejects.toMatchObject({
      reason: 'USER_NOT_FOUND',
      message: expect.not.stringContaining(id),
      metadata: {},
    });
  });
});

describe('BatchGetUsers', () => {
  it("answers in the request's order, duplicates once, and what is missing", async () => {
    const [a, b] = [await createOne(), await createOne()];
    const [missing, alsoMissing] = [randomUUID(), randomUUID()];
    const ids = [missing, b.id, a.id, missing, b.id, alsoMissing];
    const answer = batchGetUsers(encoded)(create(BatchGetUsersRequestSchema, { ids }), makeCall());
    const { users, missingIds } = await messageOf(BatchGetUsersResponseSchema, answer);
    expect(users).toEqual([b, a]);
    expect(missingIds).toEqual([missing, alsoMissing]);
  });
});

describe('ListUsers', () => {
  const listPage = (init: MessageInitShape<typeof ListUsersRequestSchema>, call = makeCall()) =>
    messageOf(ListUsersResponseSchema, list(create(ListUsersRequestSchema, init), call));

  it('leads from page to page, newest first, and counts when asked', async () => {
    const namePrefix = randomUUID();
    const users = [];
    for (let index = 0; index < 5; index += 1) users.push(await createOne({ name: `${namePrefix} ${index}` }));
    const filter = { namePrefix: namePrefix.toUpperCase() };
    const first = await listPage({ filter, pageSize: 2, includeTotalSize: true });
    const second = await listPage({ filter, pageSize: 2, pageToken: first.nextPageToken });
    const third = await listPage({ filter, pageSize: 2, pageToken: second.nextPageToken });
    expect([first, second, third].flatMap((page) => page.users)).toEqual(users.toReversed());
    expect([first.totalSize, second.totalSize, third.nextPageToken]).toEqual([5, undefined, '']);
  });

  it('refuses a token for other arguments or of another caller, and an unknown order', async () => {
    const { nextPageToken: pageToken } = await listPage({ pageSize: 1, orderBy: 'name' });
    expect(await refusalOf(listPage({ pageToken, orderBy: 'name desc' }))).toMatchObject({
      reason: 'PAGE_TOKEN_MISMATCH',
    });
    const stranger = makeCall({ caller: 'stranger' });
    expect(await refusalOf(listPage({ pageToken, orderBy: 'name' }, stranger))).toMatchObject({
      reason: 'PAGE_TOKEN_INVALID',
    });
    expect(await refusalOf(listPage({ orderBy: 'password_hash' }))).toMatchObject({ reason: 'ORDER_BY_INVALID' });
  });

  it.each(['\u0301', '\u0301\u0308'])('refuses a prefix of which folding leaves nothing: %j', async (namePrefix) => {
    const refusal = { reason: 'FIELD_INVALID', fields: ['filter.name_prefix'] };
    expect(await refusalOf(listPage({ filter: { namePrefix } }))).toEqual(refusal);
    expect((await listPage({ filter: { namePrefix: '' } })).users.length).toBeGreaterThan(0);
  });

  it('takes bounds finer than a microsecond at their word', async () => {
    const user = await createOne({ name: randomUUID() });
    const at = { seconds: user.createTime!.seconds, nanos: user.createTime!.nanos };
    const later = { ...at, nanos: at.nanos + 1 };
    const count = async (filter: object) =>
      (await listPage({ filter: { namePrefix: user.name!, ...filter } })).users.length;
    expect(await count({ createdAfter: at })).toBe(1);
    expect(await count({ createdAfter: later })).toBe(0);
    expect(await count({ createdBefore: at })).toBe(0);
    expect(await count({ createdBefore: later })).toBe(1);
  });
});

describe('CountUsers, GetUserStats', () => {
  const filterOf = async (count: number) => {
    const namePrefix = randomUUID();
    for (let n = 0; n < count; n += 1) await createOne({ name: namePrefix });
    return { namePrefix };
  };

  it('count those that the filter holds', async () => {
    const filter = await filterOf(3);
    const count = (init: MessageInitShape<typeof CountUsersRequestSchema>) =>
      messageOf(CountUsersResponseSchema, countUsers(store)(create(CountUsersRequestSchema, init), makeCall()));
    expect((await count({ filter })).count).toBe(3n);
    expect((await count({ filter: { ...filter, isActive: false } })).count).toBe(0n);
    expect((await count({})).count).toBeGreaterThanOrEqual(3n);
  });

  it('tell both states, the buckets from their beginning, and the instant', async () => {
    const filter = await filterOf(2);
    const read = (bucket: StatsBucket) => {
      const request = create(GetUserStatsRequestSchema, { filter, bucket });
      return messageOf(GetUserStatsResponseSchema, getUserStats(store)(request, makeCall()));
    };
    const { createTime } = await createOne({ name: filter.namePrefix });
    const today = new Date(Number(createTime!.seconds) * 1000);
    const day = BigInt(today.setUTCHours(0, 0, 0, 0) / 1000);
    const month = BigInt(today.setUTCDate(1) / 1000);
    const stats = await read(StatsBucket.UNSPECIFIED);
    expect(stats).toMatchObject({ total: 3n, points: { sum: 0n, mean: 0, median: 0 } });
    expect(stats.byActive.map(({ isActive, count }) => [isActive, count])).toEqual([
      [true, 3n],
      [false, 0n],
    ]);
    expect(stats.asOf!.seconds).toBeGreaterThanOrEqual(createTime!.seconds);
    expect(stats.created.map(({ start }) => start?.seconds)).toContain(day);
    expect((await read(StatsBucket.DAY)).created).toEqual(stats.created);
    expect((await read(StatsBucket.MONTH)).created.map(({ start }) => start?.seconds)).toContain(month);
  });
});

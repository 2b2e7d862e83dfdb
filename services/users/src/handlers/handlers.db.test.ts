import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ReadConsistency } from '@tandem/contracts/options';
import {
  BatchGetUsersRequestSchema,
  BatchGetUsersResponseSchema,
  CountUsersRequestSchema,
  CountUsersResponseSchema,
  CreateUserRequestSchema,
  CreateUserResponseSchema,
  GetUserByEmailRequestSchema,
  GetUserByEmailResponseSchema,
  GetUserRequestSchema,
  GetUserResponseSchema,
  GetUserStatsRequestSchema,
  GetUserStatsResponseSchema,
  ListUsersRequestSchema,
  ListUsersResponseSchema,
  StatsBucket,
  type User,
} from '@tandem/contracts/users';
import { AnswerRecorded, createPaging, TandemError } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createArgon2Hasher } from '../passwords/argon2-hasher.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { makeClaim } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { batchGetUsers } from './batch-get-users.ts';
import { countUsers } from './count-users.ts';
import { createUser } from './create-user.ts';
import { getUser } from './get-user.ts';
import { getUserByEmail } from './get-user-by-email.ts';
import { getUserStats } from './get-user-stats.ts';
import { listUsers } from './list-users.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const { records } = store;
const create_ = createUser({ store, records, passwords: createArgon2Hasher() });
const list = listUsers({ readers: store, paging: createPaging([Buffer.alloc(32, 1)]) });

async function createOne(
  init: MessageInitShape<typeof CreateUserRequestSchema> = {},
  call = makeCall(),
): Promise<User> {
  const message = create(CreateUserRequestSchema, { email: `${randomUUID()}@example.org`, name: 'Ada', ...init });
  return (await messageOf(CreateUserResponseSchema, create_(message, call))).user!;
}

describe('CreateUser', () => {
  it('answers the user as every read shows it', async () => {
    const user = await createOne({ email: `Ada-${randomUUID()}@Example.org`, name: 'Ada Łovelace' });
    expect(user).toMatchObject({ name: 'Ada Łovelace', isActive: true, points: 0n, etag: '1' });
    const byId = getUser(store)(create(GetUserRequestSchema, { id: user.id }), makeCall());
    expect((await messageOf(GetUserResponseSchema, byId)).user).toEqual(user);
    const request = create(GetUserByEmailRequestSchema, { email: user.email!.toUpperCase() });
    const byEmail = getUserByEmail(store)(request, makeCall());
    expect((await messageOf(GetUserByEmailResponseSchema, byEmail)).user).toEqual(user);
  });

  it('takes the id that the caller chose, and makes a UUIDv7 otherwise', async () => {
    const userId = randomUUID();
    expect((await createOne({ userId })).id).toBe(userId);
    expect((await createOne()).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await refusalOf(createOne({ userId }))).toMatchObject({ reason: 'ID_TAKEN' });
  });

  it('refuses an e-mail that is taken in another case', async () => {
    const { email } = await createOne();
    expect(await refusalOf(createOne({ email: email!.toUpperCase() }))).toMatchObject({ reason: 'EMAIL_TAKEN' });
  });

  it.each([
    [{ name: '\u200b' }, 'name'],
    [{ password: '1234567' }, 'password'],
    [{ password: '' }, 'password'],
    [{ password: 'x'.repeat(257) }, 'password'],
  ])('refuses %j', async (init, field) => {
    expect(await refusalOf(createOne(init))).toEqual({ reason: 'FIELD_INVALID', fields: [field] });
  });

  it('hashes the password in NFC', async () => {
    const { id } = await createOne({ password: 'cafe\u0301 au lait' });
    const [row] = await queryDatabase<{ password_hash: string }>(url, 'SELECT password_hash FROM users WHERE id = $1', [
      id,
    ]);
    expect(await argon2.verify(row?.password_hash ?? '', 'caf\u00e9 au lait')).toBe(true);
  });

  it('makes no hash to be stored for a call that was answered before', async () => {
    const call = makeCall({ claim: { ...makeClaim(), encodeReply: () => Buffer.from('reply') } });
    await createOne({}, call);
    const full = { hash: () => Promise.reject(new TandemError('HASH_QUEUE_FULL', 'full')) };
    const again = createUser({ store, records, passwords: full });
    const message = create(CreateUserRequestSchema, { email: 'a@example.org', name: 'Ada', password: 'long enough' });
    await expect(again(message, call)).rejects.toBeInstanceOf(AnswerRecorded);
    expect(await refusalOf(again(message, makeCall()))).toMatchObject({ reason: 'HASH_QUEUE_FULL' });
  });
});

describe('GetUser, GetUserByEmail', () => {
  it('refuse what is not there without repeating it', async () => {
    const id = randomUUID();
    const email = `${id}@example.org`;
    for (const refused of [
      getUser(store)(create(GetUserRequestSchema, { id }), makeCall()),
      getUserByEmail(store)(create(GetUserByEmailRequestSchema, { email }), makeCall()),
    ]) {
      await expect(refused).rejects.toMatchObject({
        reason: 'USER_NOT_FOUND',
        message: expect.not.stringContaining(email),
      });
    }
  });
});

describe('BatchGetUsers', () => {
  it("answers in the request's order, duplicates once, and what is missing", async () => {
    const [a, b] = [await createOne(), await createOne()];
    const [missing, alsoMissing] = [randomUUID(), randomUUID()];
    const ids = [missing, b.id, a.id, missing, b.id, alsoMissing];
    const answer = batchGetUsers(store)(create(BatchGetUsersRequestSchema, { ids }), makeCall());
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

describe('READ_CONSISTENCY_EVENTUAL', async () => {
  const lagging = createPostgresUserStore(usePool(url), usePool(await useUsersDatabase()));
  const paging = createPaging([Buffer.alloc(32, 1)]);

  it.each([
    [
      'GetUser',
      (user: User, consistency: ReadConsistency) =>
        getUser(lagging)(create(GetUserRequestSchema, { id: user.id, consistency }), makeCall()),
    ],
    [
      'GetUserByEmail',
      (user: User, consistency: ReadConsistency) =>
        getUserByEmail(lagging)(create(GetUserByEmailRequestSchema, { email: user.email!, consistency }), makeCall()),
    ],
    [
      'BatchGetUsers',
      (user: User, consistency: ReadConsistency) =>
        batchGetUsers(lagging)(create(BatchGetUsersRequestSchema, { ids: [user.id], consistency }), makeCall()),
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

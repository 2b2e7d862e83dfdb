import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  CreateUserRequestSchema,
  GetUserByEmailRequestSchema,
  GetUserByEmailResponseSchema,
  GetUserRequestSchema,
  GetUserResponseSchema,
} from '@tandem/contracts/users';
import { AnswerRecorded, TandemError } from '@tandem/rpc';
import { makeCall, makeClaim } from '@tandem/rpc/testing';
import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { createUser } from './create-user.ts';
import { encodeReaders } from './encoded-user.ts';
import { getUser } from './get-user.ts';
import { getUserByEmail } from './get-user-by-email.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { makeCreateOne } from './testing/create-one.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const { records } = store;
const encoded = encodeReaders(store);
const createOne = makeCreateOne(store);

describe('CreateUser', () => {
  it('answers the user as every read shows it', async () => {
    const user = await createOne({ email: `Ada-${randomUUID()}@Example.org`, name: 'Ada Łovelace' });
    expect(user).toMatchObject({ name: 'Ada Łovelace', isActive: true, points: 0n, etag: '1' });
    const byId = getUser(encoded)(create(GetUserRequestSchema, { id: user.id }), makeCall());
    expect((await messageOf(GetUserResponseSchema, byId)).user).toEqual(user);
    const request = create(GetUserByEmailRequestSchema, { email: user.email!.toUpperCase() });
    const byEmail = getUserByEmail(encoded)(request, makeCall());
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

import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  CascadeState,
  ChangePasswordRequestSchema,
  ChangePasswordResponseSchema,
  DeleteUserRequestSchema,
  DeleteUserResponseSchema,
  UpdateUserRequestSchema,
  UpdateUserResponseSchema,
} from '@tandem/contracts/users';
import { AnswerRecorded } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { PasswordHasher } from '../domain/password.ts';
import type { NewUser, User } from '../domain/user.ts';
import { createArgon2Hasher } from '../passwords/argon2-hasher.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser as insertInto, makeClaim } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { changePassword } from './change-password.ts';
import { deleteUser } from './delete-user.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { updateUser } from './update-user.ts';
import { toUserMessage } from './user-message.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const { records } = store;
const hasher: PasswordHasher = createArgon2Hasher();
const insertUser = (fields: Partial<NewUser> = {}) => insertInto(store, fields);

const update = (request: MessageInitShape<typeof UpdateUserRequestSchema>) =>
  messageOf(UpdateUserResponseSchema, updateUser(store)(create(UpdateUserRequestSchema, request), makeCall())).then(
    ({ user }) => user!,
  );
const remove = (request: MessageInitShape<typeof DeleteUserRequestSchema>) =>
  messageOf(DeleteUserResponseSchema, deleteUser(store)(create(DeleteUserRequestSchema, request), makeCall()));
const read = (id: string) => store.reader.get(id, makeCall());

async function openSession(userId: string): Promise<void> {
  const sql = `INSERT INTO sessions (id, user_id, token_hash, expire_time)
    VALUES ($1, $2, sha256($3), now() + interval '1 hour')`;
  const id = randomUUID();
  await queryDatabase(url, sql, [id, userId, id]);
}

async function countSessions(userId: string): Promise<number> {
  const sql = 'SELECT 1 FROM sessions WHERE user_id = $1 AND revoke_time IS NULL';
  return (await queryDatabase(url, sql, [userId])).length;
}

describe('UpdateUser', () => {
  it('changes what the mask names, though more is given', async () => {
    const { id, email } = await insertUser();
    const user = { id, email: 'other@example.org', name: 'Zoë', isActive: false };
    const changed = await update({ user, updateMask: { paths: ['name'] } });
    expect(changed).toMatchObject({ id, email, name: 'Zoë', isActive: true, etag: '2' });
    expect(toUserMessage((await read(id))!)).toMatchObject({ name: 'Zoë', etag: '2' });
  });

  it('changes what is given where the mask is left out, and nothing else', async () => {
    const { id, email } = await insertUser();
    expect(await update({ user: { id, isActive: false } })).toMatchObject({ email, name: 'Ada', isActive: false });
    expect(await update({ user: { id, name: 'Bo' }, updateMask: {} })).toMatchObject({ name: 'Bo', isActive: false });
  });

  it('takes a user back as it was read, without moving etag or update_time', async () => {
    const user = await insertUser();
    const message = toUserMessage(user);
    expect(await update({ user: message })).toMatchObject(message);
    expect(await update({ user: message, updateMask: { paths: ['*'] } })).toMatchObject(message);
    expect(await read(user.id)).toEqual(user);
  });

  it.each(['id', 'etag', 'points', 'create_time', 'password', 'user.name'])('refuses the path %s', async (path) => {
    const { id } = await insertUser();
    const request = { user: { id, name: 'Bo' }, updateMask: { paths: ['name', path] } };
    expect(await refusalOf(update(request))).toEqual({ reason: 'MASK_PATH_INVALID', fields: ['update_mask'] });
    expect((await read(id))?.name).toBe('Ada');
  });

  it.each([
    [{ name: 'Bo' }, ['*'], 'user.email'],
    [{ email: 'bo@example.org', name: 'Bo' }, ['*'], 'user.is_active'],
    [{}, ['name'], 'user.name'],
    [{ name: '\u200b' }, ['name'], 'user.name'],
  ])('refuses %j under %j', async (fields, paths, field) => {
    const { id } = await insertUser();
    const refused = refusalOf(update({ user: { id, ...fields }, updateMask: { paths } }));
    expect(await refused).toEqual({ reason: 'FIELD_INVALID', fields: [field] });
    expect((await read(id))?.version).toBe(1n);
  });

  it('goes by the current etag only, and writes nothing otherwise', async () => {
    const { id } = await insertUser();
    expect(await update({ user: { id, etag: '1', name: 'Bo' } })).toMatchObject({ name: 'Bo', etag: '2' });
    for (const etag of ['1', '3', '02', 'x']) {
      expect(await refusalOf(update({ user: { id, etag, name: 'Cy' } }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
      expect(await refusalOf(update({ user: { id, etag } }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
    }
    expect(await read(id)).toMatchObject({ name: 'Bo', version: 2n });
  });

  it('lets one of many through that go by the same etag', async () => {
    const { id } = await insertUser();
    const race = Array.from({ length: 6 }, (_, n) => refusalOf(update({ user: { id, etag: '1', name: `N${n}` } })));
    const outcomes = await Promise.all(race);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    expect((await read(id))?.version).toBe(2n);
  });

  it('ends the sessions of who is deactivated, and of nobody else', async () => {
    const { id } = await insertUser();
    await openSession(id);
    await update({ user: { id, name: 'Bo' } });
    expect(await countSessions(id)).toBe(1);
    await update({ user: { id, isActive: false } });
    expect(await countSessions(id)).toBe(0);
  });

  it('ends no session where the change is refused', async () => {
    const [{ id }, { email }] = [await insertUser(), await insertUser()];
    await openSession(id);
    expect(await refusalOf(update({ user: { id, isActive: false, email } }))).toMatchObject({ reason: 'EMAIL_TAKEN' });
    expect(await countSessions(id)).toBe(1);
  });

  it('refuses who is not there', async () => {
    const refused = refusalOf(update({ user: { id: randomUUID(), name: 'Bo' } }));
    expect(await refused).toMatchObject({ reason: 'USER_NOT_FOUND' });
  });
});

describe('DeleteUser', () => {
  it('deletes the user and says that the posts will be', async () => {
    const { id } = await insertUser();
    await openSession(id);
    expect(await remove({ id })).toMatchObject({ postsDeleted: 0n, cascadeState: CascadeState.PENDING });
    expect(await read(id)).toBeUndefined();
    expect(await countSessions(id)).toBe(0);
    expect(await refusalOf(remove({ id }))).toMatchObject({ reason: 'USER_NOT_FOUND' });
  });

  it('goes by the current etag only', async () => {
    const { id } = await insertUser();
    expect(await refusalOf(remove({ id, etag: '2' }))).toMatchObject({ reason: 'ETAG_MISMATCH' });
    expect(await read(id)).toBeDefined();
    await remove({ id, etag: '1' });
    expect(await read(id)).toBeUndefined();
  });
});

describe('ChangePassword', () => {
  interface Given {
    readonly newPassword?: string;
    readonly currentPassword?: string;
  }
  const change = (id: string, given: Given = {}, { passwords = hasher, call = makeCall() } = {}) => {
    const request = create(ChangePasswordRequestSchema, { id, newPassword: 'a new password', ...given });
    return messageOf(ChangePasswordResponseSchema, changePassword({ store, records, passwords })(request, call));
  };
  const hash = (password: string) => hasher.hash(password, makeCall().signal);
  const opens = async ({ id }: User, password: string) => {
    const stored = await store.reader.getPassword(id, makeCall());
    return stored?.hash ? await hasher.verify(stored.hash, password, makeCall().signal) : false;
  };

  it('sets the password, ends all sessions and says how many', async () => {
    const user = await insertUser();
    await openSession(user.id);
    await openSession(user.id);
    expect((await change(user.id)).revokedSessions).toBe(2n);
    expect(await countSessions(user.id)).toBe(0);
    expect(await opens(user, 'a new password')).toBe(true);
    expect((await change(user.id, { newPassword: 'cafe\u0301 au lait' })).revokedSessions).toBe(0n);
    expect(await opens(user, 'caf\u00e9 au lait')).toBe(true);
  });

  it('takes the right current password, however it was typed', async () => {
    const user = await insertUser({ passwordHash: await hash('caf\u00e9 au lait') });
    await change(user.id, { currentPassword: 'cafe\u0301 au lait' });
    expect(await opens(user, 'a new password')).toBe(true);
  });

  it('refuses a wrong current password and changes nothing', async () => {
    const user = await insertUser({ passwordHash: await hash('first password') });
    await openSession(user.id);
    for (const currentPassword of ['first passwore', '', 'x'.repeat(1000)]) {
      expect(await refusalOf(change(user.id, { currentPassword }))).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
    }
    expect(await opens(user, 'first password')).toBe(true);
    expect(await countSessions(user.id)).toBe(1);
  });

  it('refuses any current password of who has none', async () => {
    const { id } = await insertUser();
    const refused = refusalOf(change(id, { currentPassword: 'first password' }));
    expect(await refused).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
  });

  it('refuses new passwords that may not be, and who is not there', async () => {
    const { id } = await insertUser();
    for (const newPassword of ['short', 'é'.repeat(129), 'a\u0000bcdefgh']) {
      const refused = await refusalOf(change(id, { newPassword }));
      expect(refused).toEqual({ reason: 'FIELD_INVALID', fields: ['new_password'] });
    }
    expect(await refusalOf(change(randomUUID()))).toMatchObject({ reason: 'USER_NOT_FOUND' });
  });

  it('lets one of two through that replace the same current password', async () => {
    const user = await insertUser({ passwordHash: await hash('first password') });
    const race = ['second password', 'third password'].map((newPassword) =>
      refusalOf(change(user.id, { newPassword, currentPassword: 'first password' })),
    );
    const outcomes = await Promise.all(race);
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    expect(outcomes).toContainEqual(expect.objectContaining({ reason: 'PASSWORD_INCORRECT' }));
  });

  /** Verifies, then has somebody else store `replace` before the answer is given. */
  function replacedWhileVerified(id: string, replace: () => Promise<string>): PasswordHasher {
    return {
      ...hasher,
      verify: async (...args) => {
        const isRight = await hasher.verify(...args);
        await queryDatabase(url, 'UPDATE users SET password_hash = $2 WHERE id = $1', [id, await replace()]);
        return isRight;
      },
    };
  }

  it('refuses when the current password was replaced by another while it was verified', async () => {
    const user = await insertUser({ passwordHash: await hash('first password') });
    const passwords = replacedWhileVerified(user.id, () => hash('other password'));
    const refused = refusalOf(change(user.id, { currentPassword: 'first password' }, { passwords }));
    expect(await refused).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
    expect(await opens(user, 'other password')).toBe(true);
  });

  it('goes on when the current password was hashed anew while it was verified, and not without end', async () => {
    const user = await insertUser({ passwordHash: await hash('first password') });
    let left = 2;
    const again = replacedWhileVerified(user.id, async () => {
      left -= 1;
      return left > 0
        ? await hash('first password')
        : ((await store.reader.getPassword(user.id, makeCall()))?.hash ?? '');
    });
    await change(user.id, { currentPassword: 'first password' }, { passwords: again });
    expect(await opens(user, 'a new password')).toBe(true);
    const always = replacedWhileVerified(user.id, () => hash('a new password'));
    const refused = refusalOf(change(user.id, { currentPassword: 'a new password' }, { passwords: always }));
    expect(await refused).toMatchObject({ reason: 'OVERLOADED' });
  });

  it('neither verifies nor hashes for a call that was answered before', async () => {
    const call = makeCall({ claim: { ...makeClaim(), encodeReply: () => Buffer.from('reply') } });
    const { id } = await insertUser({ passwordHash: await hash('first password') });
    const given = { currentPassword: 'first password' };
    await change(id, given, { call });
    await expect(change(id, given, { call })).rejects.toBeInstanceOf(AnswerRecorded);
    expect(await refusalOf(change(id, given))).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
  });
});

import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { ChangePasswordRequestSchema, ChangePasswordResponseSchema } from '@tandem/contracts/users';
import { AnswerRecorded } from '@tandem/rpc';
import { makeCall, makeClaim } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { PasswordHasher } from '../domain/password.ts';
import type { NewUser, User } from '../domain/user.ts';
import { createArgon2Hasher } from '../passwords/argon2-hasher.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser as insertInto } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { changePassword } from './change-password.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { countSessions, openSession } from './testing/plain-sessions.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const { records } = store;
const hasher: PasswordHasher = createArgon2Hasher();
const insertUser = (fields: Partial<NewUser> = {}) => insertInto(store, fields);

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
    await openSession(url, user.id);
    await openSession(url, user.id);
    expect((await change(user.id)).revokedSessions).toBe(2n);
    expect(await countSessions(url, user.id)).toBe(0);
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
    await openSession(url, user.id);
    for (const currentPassword of ['first passwore', '', 'x'.repeat(1000)]) {
      expect(await refusalOf(change(user.id, { currentPassword }))).toMatchObject({ reason: 'PASSWORD_INCORRECT' });
    }
    expect(await opens(user, 'first password')).toBe(true);
    expect(await countSessions(url, user.id)).toBe(1);
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

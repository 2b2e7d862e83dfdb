import { randomUUID } from 'node:crypto';
import { waitUntil } from '@tandem/dev-stack';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { User } from '../domain/user.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import type { UsersTransaction } from './store.ts';
import { insertUser, makeRow } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url, { size: 4 }));
const verifiedHash = 'the verified hash';

/** What ends a user's sessions, each as its method does it. */
const enders: Record<string, (tx: UsersTransaction, userId: string) => Promise<unknown>> = {
  async UpdateUser(tx, userId) {
    const user = await tx.users.lock(userId);
    await tx.users.update(user!, { isActive: false });
    await tx.sessions.endAll(userId);
  },
  async ChangePassword(tx, userId) {
    await tx.users.setPassword({ id: userId, hash: 'another hash', replacing: undefined });
    await tx.sessions.endAll(userId);
  },
  async DeleteUser(tx, userId) {
    const user = await tx.users.lock(userId);
    await tx.users.delete(user!);
  },
  async RevokeUserSessions(tx, userId) {
    await tx.users.lock(userId);
    await tx.sessions.endAll(userId);
  },
  async 'an import that deactivates'(tx, userId) {
    const user = await tx.users.lock(userId);
    await tx.users.importRows([makeRow({ ...user!, isActive: false })], 'update');
  },
  async 'an import with a password'(tx, userId) {
    const user = await tx.users.lock(userId);
    await tx.users.importRows([makeRow({ ...user!, passwordHash: 'another hash' })], 'update');
  },
};

/** A transaction that has done its work and commits when it is told to. */
function hold(work: (tx: UsersTransaction) => Promise<unknown>) {
  const [worked, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = store.transaction(makeCall(), async (tx) => {
    await work(tx);
    worked.resolve();
    await told.promise;
    return {};
  });
  ended.catch(worked.reject);
  return {
    worked: worked.promise,
    commit: async () => {
      told.resolve();
      await ended;
    },
  };
}

/** A login whose account was read, and its password verified, by now. */
async function makeLogin({ id: userId, email }: User) {
  const { sessionsEpoch } = (await store.sessions.reader.findAccount(email, makeCall()))!;
  const tokenHash = new Uint8Array(32).map(() => Math.floor(Math.random() * 256));
  const verified = { userId, verifiedHash, sessionsEpoch };
  const login = { id: randomUUID(), ...verified, tokenHash, ttlMicros: 60_000_000n, userAgent: '', ip: '' };
  return { tokenHash, open: (tx: UsersTransaction) => tx.sessions.open(login) };
}

const isOpen = async (tokenHash: Uint8Array) =>
  (await store.sessions.reader.findOpen(tokenHash, makeCall())) !== undefined;

/** Until `work` is over, or waits for a lock. */
async function overOrWaiting(work: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  const sql = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'tandem-users' AND wait_event_type = 'Lock'`;
  await waitUntil(async () => isOver || (await queryDatabase(url, sql)).length > 0, { timeoutMs: 2_000 });
}

describe('a login beside what ends sessions', () => {
  it.each(Object.keys(enders))('that was verified before %s opens nothing', async (name) => {
    const user = await insertUser(store, { passwordHash: verifiedHash });
    const { tokenHash, open } = await makeLogin(user);
    await store.transaction(makeCall(), async (tx) => ({ done: await enders[name]!(tx, user.id) }));
    expect(await store.transaction(makeCall(), async (tx) => ({ opened: await open(tx) }))).toEqual({
      opened: undefined,
    });
    expect(await isOpen(tokenHash)).toBe(false);
  });

  it.each(Object.keys(enders))('that comes while %s is about to commit opens nothing', async (name) => {
    const user = await insertUser(store, { passwordHash: verifiedHash });
    const ender = hold((tx) => enders[name]!(tx, user.id));
    await ender.worked;
    const { tokenHash, open } = await makeLogin(user);
    const login = store.transaction(makeCall(), async (tx) => ({ opened: await open(tx) }));
    await overOrWaiting(login);
    await ender.commit();
    expect(await login).toEqual({ opened: undefined });
    expect(await isOpen(tokenHash)).toBe(false);
  });

  it.each(Object.keys(enders))('that is about to commit is ended by %s too', async (name) => {
    const user = await insertUser(store, { passwordHash: verifiedHash });
    const { tokenHash, open } = await makeLogin(user);
    const login = hold(open);
    await login.worked;
    const ended = store.transaction(makeCall(), async (tx) => ({ done: await enders[name]!(tx, user.id) }));
    await overOrWaiting(ended);
    await login.commit();
    await ended;
    expect(await isOpen(tokenHash)).toBe(false);
    const columns = 'count(*) FILTER (WHERE revoke_time IS NULL)::integer AS open';
    const sql = `SELECT ${columns} FROM sessions WHERE user_id = $1`;
    expect(await queryDatabase(url, sql, [user.id])).toEqual([{ open: 0 }]);
  });
});

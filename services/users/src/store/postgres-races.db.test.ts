import { waitUntil } from '@tandem/dev-stack';
import { makeCall } from '@tandem/rpc/testing';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { ImportRow, OnDuplicate } from '../domain/import-plan.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { insertUser, makeNewUser, makeRow } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));

/** Another transaction, open until `commit`. */
async function useOther() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  return { query: (sql: string, values: unknown[]) => client.query(sql, values), commit: () => client.query('COMMIT') };
}

/** A stalled machine must not end a wait before the test does. */
const lockWaitMs = 20_000;

/** Until the store's statement waits for the other transaction. */
async function waitForLock(): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'tandem-users' AND wait_event_type = 'Lock'`;
  await waitUntil(async () => (await queryDatabase(url, sql)).length > 0, { timeoutMs: lockWaitMs });
}

async function load(rows: ImportRow[], onDuplicate: OnDuplicate) {
  const { outcomes } = await store.transaction(makeCall(), (tx) =>
    tx.users.importRows(rows, onDuplicate, { lockWaitMs }),
  );
  return outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.reason));
}

const insertSql = `INSERT INTO users (id, email, name, name_folded) VALUES ($1, $2, 'other', 'other')`;

describe('a user that another transaction is making', () => {
  it.each([
    ['skip', 'skipped'],
    ['error', 'EMAIL_TAKEN'],
    ['update', 'updated'],
  ] as const)('is a duplicate for an import that waited for it, under %s', async (onDuplicate, outcome) => {
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    const loaded = load([makeRow({ email, name: 'imported' })], onDuplicate);
    await waitForLock();
    await other.commit();
    expect(await loaded).toEqual([outcome]);
    const user = await store.reader.get(id, makeCall());
    expect(user?.name).toBe(onDuplicate === 'update' ? 'imported' : 'other');
  });

  it('keeps its id from an import that waited for it, and the other rows are taken in', async () => {
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    const loaded = load([makeRow({ id }), makeRow()], 'error');
    await waitForLock();
    await other.commit();
    expect(await loaded).toEqual(['ID_TAKEN', 'imported']);
    expect((await store.reader.get(id, makeCall()))?.email).toBe(email);
  });

  it('has its e-mail refused to an update that waited for it, and the other rows are taken in', async () => {
    const user = await insertUser(store);
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    const loaded = load([makeRow({ id: user.id, email }), makeRow()], 'update');
    await waitForLock();
    await other.commit();
    expect(await loaded).toEqual(['EMAIL_TAKEN', 'imported']);
    expect((await store.reader.get(user.id, makeCall()))?.email).toBe(user.email);
  });

  it('refuses a creation that waited for it', async () => {
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    const refused = expect(insertUser(store, { email })).rejects.toMatchObject({ reason: 'EMAIL_TAKEN' });
    await waitForLock();
    await other.commit();
    await refused;
  });

  it('holds up a creation for a bounded time only', async () => {
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    await expect(insertUser(store, { email })).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
  });
});

describe('a user that another transaction is deleting', () => {
  async function deleteUser() {
    const user = await insertUser(store);
    const other = await useOther();
    await other.query('DELETE FROM users WHERE id = $1', [user.id]);
    await other.query('INSERT INTO deleted_users (id) VALUES ($1)', [user.id]);
    return { id: user.id, commit: other.commit };
  }

  it('never lends its id to a creation that waited for it', async () => {
    const { id, commit } = await deleteUser();
    const refused = expect(insertUser(store, { id })).rejects.toMatchObject({ reason: 'ID_TAKEN' });
    await waitForLock();
    await commit();
    await refused;
  });

  it('never lends an id to an import, however short its user lived', async () => {
    const other = await useOther();
    const { id, email } = makeNewUser();
    await other.query(insertSql, [id, email]);
    await other.query('DELETE FROM users WHERE id = $1', [id]);
    await other.query('INSERT INTO deleted_users (id) VALUES ($1)', [id]);
    const loaded = load([makeRow({ id })], 'error');
    await waitForLock();
    await other.commit();
    expect(await loaded).toEqual(['ID_TAKEN']);
    expect(await store.reader.get(id, makeCall())).toBeUndefined();
  });

  it('never lends its id to an import that waited for it', async () => {
    const { id, commit } = await deleteUser();
    const loaded = load([makeRow({ id })], 'update');
    await waitForLock();
    await commit();
    expect(await loaded).toEqual(['ID_TAKEN']);
    expect(await store.reader.get(id, makeCall())).toBeUndefined();
  });
});

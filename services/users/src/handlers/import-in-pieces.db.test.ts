import { type Call, TandemError } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { ImportRow, OnDuplicate } from '../domain/import-plan.ts';
import { StateChanged } from '../store/postgres-transaction.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import type { UserStore } from '../store/store.ts';
import { makeRow } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { importInPieces } from './import-in-pieces.ts';
import { refusalOf } from './testing/call-handler.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));

/** Another transaction, open until the test ends, that is making users of these e-mails. */
async function holdEmails(rows: readonly ImportRow[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  const sql = `INSERT INTO users (id, email, name, name_folded)
    SELECT gen_random_uuid(), email, 'other', 'other' FROM unnest($1::text[]) AS email`;
  await client.query(sql, [rows.map(({ email }) => email)]);
}

const makeRows = (count: number) => Array.from({ length: count }, () => makeRow());

async function load(
  rows: ImportRow[],
  {
    onDuplicate = 'error',
    transaction = store.transaction,
    call = makeCall(),
  }: {
    onDuplicate?: OnDuplicate;
    transaction?: UserStore['transaction'];
    call?: Call;
  } = {},
) {
  const outcomes = await importInPieces(rows, { store: { transaction }, onDuplicate, call });
  return outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.reason));
}

describe('importInPieces', () => {
  it('refuses the rows that another transaction holds and takes in all others', async () => {
    const rows = makeRows(40);
    await holdEmails([rows[7]!, rows[30]!]);
    const expected = rows.map((_, index) => (index === 7 || index === 30 ? 'REQUEST_IN_PROGRESS' : 'imported'));
    expect(await load(rows)).toEqual(expected);
  });

  it('lets the first of rows that clash win, though another piece took it in', async () => {
    const [first, held] = [makeRow(), makeRow()];
    await holdEmails([held]);
    const rows = [first, held, { ...first, name: 'later' }];
    expect(await load(rows, { onDuplicate: 'update' })).toEqual(['imported', 'REQUEST_IN_PROGRESS', 'EMAIL_TAKEN']);
    expect((await store.reader.getByEmail(first.email, makeCall()))?.name).toBe(first.name);
  });

  it('comes to an end in good time when everything is held', { timeout: 90_000 }, async () => {
    const rows = makeRows(1_000);
    await holdEmails(rows);
    // To look at each row alone would take 100 s.
    const call = makeCall({ deadline: Date.now() + 60_000 });
    expect(new Set(await load(rows, { call }))).toEqual(new Set(['REQUEST_IN_PROGRESS']));
  });

  it('takes in by small pieces what changes too often for a large one', async () => {
    const rows = makeRows(9);
    const contended: UserStore['transaction'] = (call, work) =>
      store.transaction(call, (tx) => {
        const importRows: typeof tx.users.importRows = (piece, ...rest) => {
          if (piece.length > 2 || piece.includes(rows[4]!)) throw new StateChanged('Users appeared.');
          return tx.users.importRows(piece, ...rest);
        };
        return work({ ...tx, users: { ...tx.users, importRows } });
      });
    const expected = rows.map((_, index) => (index === 4 ? 'REQUEST_IN_PROGRESS' : 'imported'));
    expect(await load(rows, { transaction: contended })).toEqual(expected);
  });

  it.each(['OVERLOADED', 'STORE_UNAVAILABLE'] as const)('ends at once with %s', async (reason) => {
    let transactions = 0;
    const transaction: UserStore['transaction'] = () => {
      transactions += 1;
      return Promise.reject(new TandemError(reason, 'no'));
    };
    expect(await refusalOf(load(makeRows(4), { transaction }))).toMatchObject({ reason });
    expect(transactions).toBe(1);
  });
});

import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { PostgresPool } from './postgres-pool.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { makeNewUser } from './testing/store-calls.ts';

const url = await useUsersDatabase();

function openPool(thresholdMs: number) {
  const told: { readonly statement: string; readonly durationMs: number }[] = [];
  const slowStatements = { thresholdMs, report: (slow: (typeof told)[number]) => void told.push(slow) };
  return { told, pool: new PostgresPool({ url, size: 0, overflow: 1, slowStatements }) };
}

describe('slow statements', () => {
  it('are told by name and duration, failed ones too, quick ones not', async () => {
    const { told, pool } = openPool(1_000);
    await using _ = pool;
    await pool.lease({ deadline: Date.now() + 10_000 }, async (session) => {
      await session.rows({ name: 'quick', sql: 'SELECT 1' }, []);
      await session.rows({ name: 'slow', sql: 'SELECT pg_sleep(?)' }, [1.1]);
    });
    const late = pool.lease({ deadline: Date.now() + 2_500 }, (session) =>
      session.rows({ name: 'late', sql: 'SELECT pg_sleep(?)' }, [30]),
    );
    await expect(late).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    expect(told.map(({ statement }) => statement)).toEqual(['slow', 'late']);
    for (const { durationMs } of told) expect(durationMs).toBeGreaterThanOrEqual(1_000);
  });

  it('are told with nothing of their values, COMMIT among them', async () => {
    const { told, pool } = openPool(0);
    await using _ = pool;
    const user = makeNewUser({ name: 'Canary' });
    await createPostgresUserStore(pool).transaction(makeCall(), (tx) => tx.users.insert(user));
    expect(told.map(({ statement }) => statement)).toEqual(['users_insert', 'deleted_users_find', 'COMMIT']);
    expect(told.map((slow) => Object.keys(slow))).toEqual(told.map(() => ['statement', 'durationMs']));
    expect(JSON.stringify(told)).not.toMatch(new RegExp(`Canary|${user.id}|${user.email}`, 'i'));
  });
});

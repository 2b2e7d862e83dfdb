import { waitUntil } from '@tandem/dev-stack';
import { makeCall } from '@tandem/rpc/testing';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { insertUser } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));

/** Nobody reads users until `unlock`. */
async function lockUsers() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN; LOCK TABLE users');
  return { unlock: () => client.query('COMMIT') };
}

async function countWaiting(): Promise<number> {
  const sql = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'tandem-users' AND wait_event_type = 'Lock'`;
  return (await queryDatabase(url, sql)).length;
}

/** Two reads of one tick, which share a statement, waiting for a lock. */
async function startReads(id: string) {
  const lock = await lockUsers();
  const callers = [new AbortController(), new AbortController()] as const;
  const reads = callers.map(({ signal }) => store.reader.get(id, { ...makeCall(), signal }));
  const outcomes = Promise.allSettled(reads);
  await waitUntil(async () => (await countWaiting()) === 1, { timeoutMs: 1_500 });
  return { callers, outcomes, lock };
}

describe('a point read', () => {
  it('is ended on the server when all who wait for it have gone', async () => {
    const { callers, outcomes } = await startReads((await insertUser(store)).id);
    for (const caller of callers) caller.abort(new Error('went away'));
    const reason = new Error('went away');
    expect(await outcomes).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    expect(await countWaiting()).toBe(0);
  });

  it('goes on for the one who still waits', async () => {
    const user = await insertUser(store);
    const { callers, outcomes, lock } = await startReads(user.id);
    callers[0].abort(new Error('went away'));
    await lock.unlock();
    expect((await outcomes)[1]).toEqual({ status: 'fulfilled', value: user });
  });
});

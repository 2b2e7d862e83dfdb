import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { Session } from './postgres-lease.ts';
import { PostgresPool } from './postgres-pool.ts';
import { throughPort, usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const proxy = await startTcpProxy({ targetPort: Number(new URL(url).port) });
afterAll(() => proxy[Symbol.asyncDispose]());

const sleep = (session: Session, seconds: number) =>
  session.rows({ name: 'sleep', sql: 'SELECT pg_sleep(?)' }, [seconds]);
const inOneSecond = () => ({ deadline: Date.now() + 1_000 });
const inTenSeconds = () => ({ deadline: Date.now() + 10_000 });

async function countSleepers(): Promise<number> {
  const rows = await queryDatabase<{ count: string }>(
    url,
    `SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`,
  );
  return Number(rows[0]?.count);
}

describe('a statement', () => {
  const pool = usePool(url);

  it('is ended on the server when the call is aborted, with the reason of the abort', async () => {
    const controller = new AbortController();
    const work = pool.lease({ ...inTenSeconds(), signal: controller.signal }, (session) => sleep(session, 30));
    const ended = expect(work).rejects.toThrow('went away');
    await waitUntil(async () => (await countSleepers()) === 1, { timeoutMs: 5_000 });
    controller.abort(new Error('went away'));
    await ended;
    expect(await countSleepers()).toBe(0);
  });

  it('is ended at the deadline without anybody watching', async () => {
    const work = pool.lease({ deadline: Date.now() + 50 }, (session) => sleep(session, 30));
    await expect(work).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    expect(await countSleepers()).toBe(0);
  });

  it('is not begun when the call is over already', async () => {
    const signal = AbortSignal.abort(new Error('went away'));
    await expect(pool.lease({ ...inTenSeconds(), signal }, (session) => sleep(session, 30))).rejects.toThrow(
      'went away',
    );
  });
});

describe('a cancel', () => {
  const pool = usePool(url, { size: 1, overflow: 0 });

  it('never hits the next borrower of the connection', async () => {
    for (let round = 0; round < 200; round += 1) {
      const controller = new AbortController();
      const cancelled = pool.lease({ ...inTenSeconds(), signal: controller.signal }, (session) =>
        sleep(session, 0.003),
      );
      const abortInMs = (round % 40) / 10;
      setTimeout(() => controller.abort(new Error('went away')), abortInMs);
      await cancelled.catch((error: Error) => expect(error.message).toBe('went away'));
      await pool.lease(inTenSeconds(), (session) => sleep(session, 0.001));
    }
  });

  it('does not set out while BEGIN is unanswered: the statement behind it would commit by itself', async () => {
    await using silent = await startTcpProxy({ targetPort: Number(new URL(url).port) });
    await using own = new PostgresPool({ url: throughPort(url, silent.port), size: 0, overflow: 1 });
    await own.lease(inTenSeconds(), (session) => sleep(session, 0));
    const controller = new AbortController();
    const work = own.lease({ ...inTenSeconds(), signal: controller.signal }, async (lease) => {
      silent.blackhole();
      lease.begin();
      const sleeping = sleep(lease, 30);
      controller.abort(new Error('went away'));
      // A cancel's connection would be there too by the time that this one is.
      const later = connect(silent.port, '127.0.0.1');
      await once(later, 'connect');
      await waitUntil(() => silent.connections > 1, { timeoutMs: 10_000 });
      for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const seen = silent.connections;
      later.destroy();
      silent.resume();
      await sleeping.catch(() => {});
      return seen;
    });
    expect(await work).toBe(2);
  });
});

describe('a connection', () => {
  it('that has gone silent is cut and replaced', async () => {
    await using pool = new PostgresPool({ url: throughPort(url, proxy.port), size: 0, overflow: 1 });
    await pool.lease(inTenSeconds(), (session) => sleep(session, 0));
    const work = pool.lease({ deadline: Date.now() + 100 }, async (session) => {
      proxy.blackhole();
      return await sleep(session, 0);
    });
    await expect(work).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    proxy.resume();
    await pool.lease(inTenSeconds(), (session) => sleep(session, 0));
  });

  it('that was reset is replaced, and the call is told to try again', async () => {
    await using pool = new PostgresPool({ url: throughPort(url, proxy.port), size: 0, overflow: 1 });
    const work = pool.lease(inTenSeconds(), async (session) => {
      const sleeping = sleep(session, 30);
      await waitUntil(async () => (await countSleepers()) > 0, { timeoutMs: 5_000 });
      proxy.cut();
      return await sleeping;
    });
    await expect(work).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await pool.lease(inTenSeconds(), (session) => sleep(session, 0));
  });

  it('that was left inside a transaction does not go back', async () => {
    await using pool = new PostgresPool({ url, size: 0, overflow: 1 });
    const whoServes = { name: 'pid', sql: 'SELECT pg_backend_pid() AS pid' };
    const readPid = async (session: Session) => (await session.rows<{ pid: number }>(whoServes, []))[0]?.pid;
    const left = await pool.lease(inTenSeconds(), async (session) => {
      await session.rows({ name: 'begin', sql: 'BEGIN' }, []);
      return await readPid(session);
    });
    expect(await pool.lease(inTenSeconds(), readPid)).not.toBe(left);
  });

  it('to a server that takes no writes is not used', async () => {
    const name = new URL(url).pathname.slice(1);
    await queryDatabase(url, `ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    try {
      await using pool = new PostgresPool({ url, size: 0, overflow: 1 });
      await expect(pool.lease(inTenSeconds(), (session) => sleep(session, 0))).rejects.toMatchObject({
        reason: 'STORE_UNAVAILABLE',
      });
      await expect(pool.assertReachable()).rejects.toThrow(/read-only/);
    } finally {
      await queryDatabase(url, `ALTER DATABASE "${name}" RESET default_transaction_read_only`).catch(() =>
        queryDatabase(
          url,
          `SET transaction_read_only = off; ALTER DATABASE "${name}" RESET default_transaction_read_only`,
        ),
      );
    }
  });
});

describe('a pool', () => {
  it('refuses within 250 ms when all its connections hang', async () => {
    await using pool = new PostgresPool({ url, size: 1, overflow: 0 });
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    const { promise: lent, resolve: nowLent } = Promise.withResolvers<void>();
    const holder = pool.lease(inTenSeconds(), async () => {
      nowLent();
      await over;
    });
    await lent;
    const timers = [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'performance',
    ] as const;
    const nowMs = performance.now();
    vi.useFakeTimers({ toFake: [...timers] });
    vi.advanceTimersByTime(nowMs);
    try {
      const refused = pool.lease(inTenSeconds(), (session) => sleep(session, 0));
      const told = expect(refused).rejects.toMatchObject({ reason: 'OVERLOADED' });
      await vi.advanceTimersByTimeAsync(250);
      await told;
    } finally {
      vi.useRealTimers();
    }
    finish();
    await holder;
    await pool.lease(inTenSeconds(), (session) => sleep(session, 0));
  });

  it('waits for who is answered again and again while it has all the connections', async () => {
    await using pool = new PostgresPool({ url, size: 1, overflow: 0 });
    const { promise: lent, resolve: nowLent } = Promise.withResolvers<void>();
    const holder = pool.lease(inTenSeconds(), async (session) => {
      nowLent();
      for (let count = 0; count < 8; count += 1) await sleep(session, 0.05);
    });
    await lent;
    await pool.lease(inTenSeconds(), (session) => sleep(session, 0));
    await holder;
  });

  it('waits while its connections are still being opened', async () => {
    await using slow = await startTcpProxy({ targetPort: Number(new URL(url).port), latencyMs: 120 });
    await using pool = new PostgresPool({ url: throughPort(url, slow.port), size: 0, overflow: 1 });
    const calls = [1, 2, 3].map(() => pool.lease({ deadline: Date.now() + 10_000 }, async () => true));
    expect(await Promise.all(calls)).toEqual([true, true, true]);
  });

  it('answers a burst of 256 calls whole, though it takes longer than a stuck one would wait', async () => {
    await using pool = new PostgresPool({ url, size: 8, overflow: 8 });
    const calls = Array.from({ length: 256 }, () => pool.lease(inTenSeconds(), (session) => sleep(session, 0.02)));
    expect(await Promise.all(calls)).toHaveLength(256);
  });

  it('refuses at once what comes behind more than it can serve', async () => {
    await using pool = new PostgresPool({ url, size: 1, overflow: 0 });
    const work = Array.from({ length: 34 }, () => pool.lease(inTenSeconds(), (session) => sleep(session, 0)));
    const outcomes = await Promise.allSettled(work);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(33).fill('fulfilled'), 'rejected']);
    expect(outcomes.at(-1)).toMatchObject({ reason: { reason: 'OVERLOADED' } });
  });

  it('says STORE_UNAVAILABLE quickly when nobody listens', async () => {
    proxy.refuse();
    await using pool = new PostgresPool({ url: throughPort(url, proxy.port), size: 0, overflow: 1 });
    await expect(pool.lease(inOneSecond(), (session) => sleep(session, 0))).rejects.toMatchObject({
      reason: 'STORE_UNAVAILABLE',
    });
    proxy.resume();
  });

  it('is closed quickly while its server is silent, whatever is lent and idle', async () => {
    await using silent = await startTcpProxy({ targetPort: Number(new URL(url).port) });
    const pool = new PostgresPool({ url: throughPort(url, silent.port), size: 2, overflow: 0 });
    const streams = await Promise.all(
      [1, 2].map(() =>
        pool.lease(inTenSeconds(), async (lease) => {
          await sleep(lease, 0.05);
          return lease.connection.connection.stream as Socket;
        }),
      ),
    );
    expect(new Set(streams).size).toBe(2);
    const { promise: sent, resolve: nowSent } = Promise.withResolvers<void>();
    const lent = pool.lease(inTenSeconds(), (session) => {
      silent.blackhole();
      nowSent();
      return sleep(session, 30);
    });
    const refused = expect(lent).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    await sent;
    const librarysPatienceMs = 4_500; // Knex gives up a close after 5 s
    const begun = performance.now();
    await pool[Symbol.asyncDispose]();
    expect(performance.now() - begun).toBeLessThan(librarysPatienceMs);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    await refused;
    silent.resume();
    await waitUntil(() => silent.connections === 0, { timeoutMs: 5_000 });
    await expect(pool.lease(inTenSeconds(), (session) => sleep(session, 0))).rejects.toMatchObject({
      reason: 'STORE_UNAVAILABLE',
    });
  });

  it('asks the server to bound what is left to itself', async () => {
    await using pool = new PostgresPool({ url, size: 0, overflow: 1 });
    const sql = `SELECT name, setting || coalesce(unit, '') AS value FROM pg_settings
      WHERE name = ANY(?::text[]) ORDER BY name`;
    const names = ['transaction_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const rows = await pool.lease(inTenSeconds(), (session) => session.rows({ name: 'settings', sql }, [names]));
    expect(rows).toEqual([
      { name: 'idle_in_transaction_session_timeout', value: '3000ms' },
      { name: 'lock_timeout', value: '2000ms' },
      { name: 'transaction_timeout', value: '10000ms' },
    ]);
  });
});

import { createUsersClient } from '@tandem/contracts';
import { isProcessAlive, waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { readMetrics } from './pair/read-metrics.ts';
import { startLoad } from './pair/start-load.ts';
import { type RunningService, runToEnd, startService } from './pair/start-service.ts';
import { listChildren } from './support/list-children.ts';
import { queryDatabase } from './support/query-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

describe('WORKERS=2', { timeout: 240_000 }, async () => {
  const databaseUrl = await useUsersDatabase();
  const start = () => startService('users', { USERS_DATABASE_URL: databaseUrl, WORKERS: '2' });

  it('a worker killed under load is seen by no client that retries, and is replaced', async () => {
    await using service = await start();
    const [killed = 0, other = 0] = listChildren(service.pid);
    await using client = createUsersClient(service.grpc);
    const errors: unknown[] = [];
    const work = startLoad('killed', ({ request }) => client.createUser(request).then(() => 'OK', note(errors)), {
      lanes: 4,
    });
    await work.answered(30);
    process.kill(killed, 'SIGKILL');
    await waitUntil(async () => (await countWorkers(service)) === 2, { timeoutMs: 100_000 });
    await work.answered(60);
    const calls = await work.stop();
    expect(errors).toEqual([]);
    expect(listChildren(service.pid)).toContain(other);
    expect(await countUsers(databaseUrl, 'killed')).toBe(calls.length);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('SIGTERM under load: each call is answered, or has had no effect', async () => {
    const service = await start();
    const clients = Array.from({ length: 4 }, () => createUsersClient(service.grpc, { maxAttempts: 1 }));
    const work = startLoad('drained', ({ request }, n) =>
      clients[n % clients.length]!.createUser(request).then(
        () => 'OK',
        (error) => String(error),
      ),
    );
    await work.answered(100);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const calls = await work.stop();
    for (const client of clients) await client[Symbol.asyncDispose]();
    expect(await countUsers(databaseUrl, 'drained')).toBe(calls.filter(({ outcome }) => outcome === 'OK').length);
  });

  it('jobs are told of once; kill -9 of the process that started them leaves no worker behind', async () => {
    await using service = await start();
    const dead = async () => (await readMetrics(service)).match(/^tandem_jobs\{.*"dead-letters",state="ready".*$/gm);
    // Who scrapes is not kept waiting for the count: it may be there only the next time.
    await expect.poll(dead, { timeout: 30_000 }).toEqual(['tandem_jobs{queue="dead-letters",state="ready"} 0']);
    const workers = listChildren(service.pid);
    service.signal('SIGKILL');
    await waitUntil(() => !workers.some(isProcessAlive), { timeoutMs: 30_000 });
    expect(workers).toHaveLength(2);
  });

  it('a worker that meets no database tells it once, and ends all', async () => {
    const { exit, stdout, stderr } = await runToEnd('users', {
      USERS_DATABASE_URL: 'postgres://127.0.0.1:1/none',
      WORKERS: '2',
    });
    expect([exit, stdout, stderr.length]).toEqual([1, [], 1]);
    expect(stderr[0]).toContain('users cannot start: USERS_DATABASE_URL');
  });
});

const note = (errors: unknown[]) => (error: unknown) => `${errors.push(error)}`;

/** The workers of which `/metrics` tells: those that serve. */
async function countWorkers(service: RunningService): Promise<number> {
  return (await readMetrics(service)).match(/^process_cpu_seconds_total\{/gm)?.length ?? 0;
}

/** What is really there, past every service. */
async function countUsers(databaseUrl: string, name: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS count FROM users WHERE name = $1';
  const [row] = await queryDatabase<{ count: number }>(databaseUrl, sql, [name]);
  return row!.count;
}

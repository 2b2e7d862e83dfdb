import { setTimeout as pause } from 'node:timers/promises';
import { createUsersClient, type UsersClient } from '@tandem/contracts';
import { waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import { queryDatabase } from '../support/query-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { startLoad } from './stale-reads/load.ts';
import { strikes } from './stale-reads/strikes.ts';
import { createSubject, type Subject } from './stale-reads/versions.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const subjectCount = 200;
const lanes = 8;
const rounds = scaled(1);
/** As long as a breaker takes to close, and then some reads from the cache. */
const betweenStrikesMs = 1_800;

describe('users behind a cache', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const databaseUrl = await useUsersDatabase();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const redis = owned.use(await startOwnRedis());
  const env = { USERS_DATABASE_URL: databaseUrl, REDIS_URL: redis.url, LOG_LEVEL: 'error' };
  const startUsers = async () => owned.use(await startService('users', env));
  const services = [await startUsers(), await startUsers()] as const;
  const connect = (grpc: string): UsersClient => owned.use(createUsersClient(grpc, { maxAttempts: 1 }));
  const clients = [connect(services[0].grpc), connect(services[1].grpc)] as const;

  async function createSubjects(): Promise<Subject[]> {
    const subjects: Subject[] = [];
    const numbers = Array.from({ length: subjectCount }, (_, n) => n);
    await runLanes(numbers, lanes, async () => void subjects.push(await createSubject(clients[0])));
    return subjects;
  }

  async function strikeAll(): Promise<void> {
    for (let n = 0; n < rounds; n += 1) {
      for (const strike of Object.values(strikes)) {
        await strike({ redis, services });
        await pause(betweenStrikesMs);
      }
    }
  }

  /** What a process reads that is not what the database has. */
  async function findOldAtRest(subjects: readonly Subject[]): Promise<string[]> {
    const rows = await queryDatabase<{ id: string; name: string }>(
      databaseUrl,
      'SELECT id::text AS id, name FROM users',
    );
    const names = new Map(rows.map(({ id, name }) => [id, name]));
    const old: string[] = [];
    await runLanes(subjects, lanes, async ({ id }) => {
      for (const client of [...clients, ...clients]) {
        const { user } = await client.getUser({ id });
        if (user?.name !== names.get(id)) old.push(id);
      }
    });
    return old;
  }

  it('are never read older than a write that was acknowledged, whatever befalls Redis and the services', async () => {
    const subjects = await createSubjects();
    const load = startLoad(subjects, clients);
    try {
      await Promise.race([load.running, strikeAll()]);
    } finally {
      await load.end();
    }
    console.log('stale reads:', load.counts);
    expect(load.stale.slice(0, 5)).toEqual([]);
    expect(load.counts.reads).toBeGreaterThan(scaled(500));
    expect(load.counts.writes).toBeGreaterThan(scaled(50));

    const isNothingOnRecord = async () =>
      (await queryDatabase(databaseUrl, 'SELECT FROM cache_invalidations LIMIT 1')).length === 0;
    await waitUntil(isNothingOnRecord, { timeoutMs: 60_000 });
    expect(await findOldAtRest(subjects)).toEqual([]);
  });
});

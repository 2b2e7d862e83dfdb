import { createUsersClient } from '@tandem/contracts';
import { waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import { queryDatabase } from '../support/query-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { strikeBetweenSteps, strikePoints } from './stale-reads/strike-between-steps.ts';
import { userOperations as operations } from './stale-reads/users.ts';
import { findOldAtRest, withstandStrikes } from './stale-reads/withstand.ts';
import { scaledTimeoutMs } from './support/scale.ts';

describe('users behind a cache', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const databaseUrl = await useUsersDatabase();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const redis = owned.use(await startOwnRedis());
  const env = { USERS_DATABASE_URL: databaseUrl, REDIS_URL: redis.url, LOG_LEVEL: 'error' };
  const startUsers = async (points = {}) => owned.use(await startService('users', { ...env, ...points }));
  const services = [await startUsers(), await startUsers()] as const;
  const connect = (grpc: string) => owned.use(createUsersClient(grpc, { maxAttempts: 1 }));
  const clients = [connect(services[0].grpc), connect(services[1].grpc)] as const;

  it('are never read older than a write that was acknowledged, whatever befalls Redis and the services', async () => {
    const struck = { redis, services };
    const subjects = await withstandStrikes({ operations, clients, struck, subjectCount: 200 });

    const isNothingOnRecord = async () =>
      (await queryDatabase(databaseUrl, 'SELECT FROM cache_invalidations LIMIT 1')).length === 0;
    await waitUntil(isNothingOnRecord, { timeoutMs: 60_000 });
    const rows = await queryDatabase<{ id: string; name: string }>(
      databaseUrl,
      'SELECT id::text AS id, name FROM users',
    );
    const numbers = new Map(rows.map(({ id, name }) => [id, Number(name)]));
    expect(await findOldAtRest({ operations, clients }, subjects, ({ id }) => numbers.get(id))).toEqual([]);
  });

  it('are never read older where a process is stopped before it fills, or killed before it settles', async () => {
    const service = await startUsers(strikePoints('users'));
    const struck = { service, client: connect(service.grpc) };
    const other = { service: services[1], client: clients[1] };
    await strikeBetweenSteps({ operations, service: 'users', struck, other });
  });
});

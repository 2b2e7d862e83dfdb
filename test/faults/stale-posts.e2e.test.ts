import { createPostsClient, createUsersClient } from '@tandem/contracts';
import { waitUntil } from '@tandem/dev-stack';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, it } from 'vitest';
import { pickPort } from '../pair/pick-port.ts';
import { startService } from '../pair/start-service.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import { usePostsDatabase } from '../support/use-posts-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { createPostOperations } from './stale-reads/posts.ts';
import { strikeBetweenSteps, strikePoints } from './stale-reads/strike-between-steps.ts';
import { findOldAtRest, withstandStrikes } from './stale-reads/withstand.ts';
import { scaledTimeoutMs } from './support/scale.ts';

describe('posts behind a cache', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const [usersUrl, postsUrl] = [await useUsersDatabase(), await usePostsDatabase()];
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const redis = owned.use(await startOwnRedis());
  const database = owned.adopt(new MongoClient(postsUrl), (client) => client.close()).db();
  const [busyPort, usersPort] = [await pickPort(), await pickPort()];
  const targets = { POSTS_TARGET: `127.0.0.1:${busyPort}`, USERS_TARGET: `127.0.0.1:${usersPort}` };
  const usersEnv = { USERS_DATABASE_URL: usersUrl, USERS_LISTEN: targets.USERS_TARGET };
  const postsEnv = { POSTS_DATABASE_URL: postsUrl, REDIS_URL: redis.url, LOG_LEVEL: 'error', ...targets };
  const usersService = owned.use(await startService('users', { ...usersEnv, LOG_LEVEL: 'error', ...targets }));
  const startPosts = async (env = {}) => owned.use(await startService('posts', { ...postsEnv, ...env }));
  const services = [await startPosts({ POSTS_LISTEN: targets.POSTS_TARGET }), await startPosts()] as const;
  const connect = (grpc: string) => owned.use(createPostsClient(grpc, { maxAttempts: 1 }));
  const clients = [connect(services[0].grpc), connect(services[1].grpc)] as const;
  const users = owned.use(createUsersClient(usersService.grpc, { maxAttempts: 1 }));

  it('are never read older than a write that was acknowledged, their deletion with their author among them', async () => {
    const operations = createPostOperations(users);
    const struck = { redis, services };
    const subjects = await withstandStrikes({ operations, clients, struck, subjectCount: 100 });

    const records = database.collection('cache_invalidations');
    await waitUntil(async () => (await records.countDocuments()) === 0, { timeoutMs: 180_000 });
    const found = await database.collection<{ _id: string; title: string }>('posts').find().toArray();
    const numbers = new Map(found.map(({ _id, title }) => [_id, Number(title)]));
    // What was not acknowledged may still be under way.
    const settled = subjects.filter(({ acknowledged, begun }) => acknowledged === begun);
    const stored = ({ id, deletion }: (typeof subjects)[number]) => numbers.get(id) ?? deletion;
    expect(await findOldAtRest({ operations, clients }, settled, stored)).toEqual([]);
  });

  it('are never read older where a process is stopped before it fills, or killed before it settles', async () => {
    const service = await startPosts(strikePoints('posts'));
    const struck = { service, client: connect(service.grpc) };
    const other = { service: services[1], client: clients[1] };
    const operations = createPostOperations(users);
    await strikeBetweenSteps({ operations, service: 'posts', struck, other });
  });
});

import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createUsersClient } from '@tandem/contracts';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { type Ending, endByRevocation, listEndingsForGood, logIn, makePerson } from './ended-sessions/people.ts';
import { type WatchedSession, watchSession } from './ended-sessions/watch-session.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';
import { untilCacheIsRead } from './support/until-cache-is-read.ts';

const rounds = scaled(1);
/** No copy of a session is older, and none is older than it was when Redis stopped. */
const copyLifeMs = 2_200;
/** An answer may be held back until no copy can be alive. */
const timeoutsMs = { point: 30_000, page: 30_000, hash: 30_000 };

describe('sessions behind a cache', { timeout: scaledTimeoutMs(180_000) }, async () => {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const redis = owned.use(await startOwnRedis());
  const proxy = owned.use(await startTcpProxy({ targetPort: Number(new URL(redis.url).port) }));
  const env = { USERS_DATABASE_URL: await useUsersDatabase(), LOG_LEVEL: 'error' };
  const start = async (redisUrl: string) => owned.use(await startService('users', { ...env, REDIS_URL: redisUrl }));
  /** Ends sessions. */
  const writer = await start(`redis://127.0.0.1:${proxy.port}`);
  /** Validates them as well. */
  const reader = await start(redis.url);
  const connect = (grpc: string) => owned.use(createUsersClient(grpc, { maxAttempts: 1, timeoutsMs }));
  const clients = [connect(writer.grpc), connect(reader.grpc)] as const;
  const [users] = clients;
  const endings: readonly Ending<WatchedSession>[] = [
    ...listEndingsForGood(users),
    endByRevocation(users),
    ['RevokeSession', ({ token }) => users.revokeSession({ key: { case: 'token', value: token } })],
  ];

  /** What befalls Redis while sessions are being ended; resolves when it is over. */
  const faults: Record<string, (ended: Promise<unknown>) => Promise<unknown>> = {
    async 'Redis killed'() {
      redis.signal('SIGKILL');
      await pause(randomInt(300));
      await redis.restart();
    },
    async 'Redis stopped, and continued with what it held'() {
      redis.signal('SIGSTOP');
      await pause(randomInt(50, 1_500));
      redis.signal('SIGCONT');
    },
    async 'Redis cut off from who ends them alone'(ended) {
      proxy.refuse();
      await ended;
      proxy.resume();
    },
  };

  /** A session for each ending, each with a copy in the cache. */
  async function openSessions(): Promise<WatchedSession[]> {
    const sessions: WatchedSession[] = [];
    // Few at once: whoever would wait long for passwords to be hashed is turned away.
    await runLanes(endings, 2, async () => {
      const person = await makePerson(users);
      sessions.push(watchSession({ person, token: await logIn(users, person) }, clients));
    });
    await untilCacheIsRead([writer, reader]);
    const before = sessions.map(({ counts }) => counts.valid);
    await waitUntil(() => sessions.every(({ counts }, n) => counts.valid >= before[n]! + 3), { timeoutMs: 30_000 });
    return sessions;
  }

  async function endAll(sessions: readonly WatchedSession[]): Promise<void> {
    const endOne = async ([by, end]: (typeof endings)[number], session: WatchedSession) => {
      await pause(randomInt(40));
      await session.end(by, () => end(session));
    };
    await Promise.all(sessions.map((session, n) => endOne(endings[n]!, session)));
  }

  it.each(Object.keys(faults))('are refused after the answer of any call that ended them: %s', async (fault) => {
    for (let round = 0; round < rounds; round += 1) {
      const sessions = await openSessions();
      const ended = endAll(sessions);
      await faults[fault]!(ended);
      await ended;
      await pause(copyLifeMs);
      await Promise.all(sessions.map((session) => session.stop()));
      expect(sessions.flatMap(({ violations }) => violations)).toEqual([]);
    }
  });
});

import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startTcpProxy, type TcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../support/query-database.ts';
import { compareToEntries, readStoredPosts, readStoredUsers } from './acknowledged/audit.ts';
import { openDesk, toEmail, writePosts, writeUsers } from './acknowledged/desk.ts';
import { useMortalPair } from './support/mortal-pair.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const lanesEach = 6;
const authorCount = 20;
/** Of one kill of each service, four breaks of connections and a silence of each database. */
const rounds = scaled(1);
/** Of the way to a database: what is on it when a connection breaks is lost. */
const latencyMs = 5;
/** Every third silence is longer than a server keeps a silent transaction. */
const longSilenceMs = 4_000;
const endSomeConnections = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'tandem-users' AND random() < 0.5`;

describe('acknowledged writes', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const proxies = new Map<string, TcpProxy>();
  const pair = await useMortalPair(async (url, service) => {
    const proxied = new URL(url);
    const proxy = owned.use(await startTcpProxy({ targetPort: Number(proxied.port), latencyMs }));
    proxies.set(service, proxy);
    proxied.port = String(proxy.port);
    return proxied.href;
  });
  const authorIds = Array.from({ length: authorCount }, () => randomUUID());
  const desks = { users: openDesk(writeUsers(pair)), posts: openDesk(writePosts(pair, authorIds)) };
  const services = ['users', 'posts'] as const;

  /** Whatever befell them, both answer writes again that begin from now on. */
  async function untilAnswering(): Promise<void> {
    const sinceMs = performance.now();
    const areAnswering = () => services.every((service) => desks[service].latestAnsweredMs > sinceMs);
    await waitUntil(areAnswering, { timeoutMs: 90_000 });
  }

  const breaks: readonly (() => unknown)[] = [
    () => proxies.get('users')?.cut(),
    () => proxies.get('posts')?.cut(),
    () => queryDatabase(pair.usersUrl, endSomeConnections),
    () => proxies.forEach((proxy) => void proxy.cut()),
  ];

  async function silence(proxy: TcpProxy, isLong: boolean): Promise<void> {
    proxy.blackhole();
    await pause(isLong ? longSilenceMs : randomInt(200, 1_500));
    proxy.resume();
  }

  async function strikeAll(): Promise<void> {
    await untilAnswering();
    for (let round = 0; round < rounds; round += 1) {
      for (const service of services) {
        await pair[service].restart();
        await untilAnswering();
      }
      for (const strike of breaks) {
        await strike();
        await untilAnswering();
      }
      await Promise.all([...proxies.values()].map((proxy) => silence(proxy, round % 3 === 2)));
      await untilAnswering();
    }
  }

  it('are there once each after kills, broken connections and silences, in both databases', async () => {
    const createAuthor = (userId: string) =>
      pair.users.client.createUser({ userId, email: toEmail(userId), name: 'Author' });
    await runLanes(authorIds, 4, async (id) => void (await createAuthor(id)));
    const stop = new AbortController();
    const load = Promise.all(
      services.flatMap((service) => Array.from({ length: lanesEach }, () => desks[service].work(stop.signal))),
    );
    try {
      // A load that fails ends the test at once: the strikes would wait for answers that never come.
      await Promise.race([load, strikeAll()]);
    } finally {
      stop.abort();
    }
    await load;

    const [users, posts] = [await readStoredUsers(pair), await readStoredPosts(pair)];
    const counts = { users: desks.users.entries.length, posts: desks.posts.entries.length };
    console.log('acknowledged writes: entries, of four writes each:', counts);
    expect(compareToEntries(users, desks.users.entries).slice(0, 5)).toEqual([]);
    expect(compareToEntries(posts, desks.posts.entries).slice(0, 5)).toEqual([]);
    expect({ users: users.length - authorCount, posts: posts.length }).toEqual(counts);
    expect(Math.min(counts.users, counts.posts)).toBeGreaterThan(scaled(5));
  });
});

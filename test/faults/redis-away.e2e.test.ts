import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createUsersClient } from '@tandem/contracts';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { startOwnRedis } from '../support/own-redis.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { countCommands } from './redis-away/count-commands.ts';
import { type Figures, measure, takeQuantile } from './redis-away/figures.ts';
import type { ObservedCall } from './redis-away/observe-calls.ts';
import { type Member, startPacedLoad } from './redis-away/paced-load.ts';
import { userOperations as operations } from './stale-reads/users.ts';
import { readOnce, type Subject, write } from './stale-reads/versions.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';
import { untilCacheIsRead, untilCacheIsUnasked } from './support/until-cache-is-read.ts';

const memberCount = 12;
const calmMs = scaled(1_500);
/** Of each outage: a minute with FAULTS_SCALE=20. */
const awayMs = scaled(3_000);
/** So many writes that are begun in an outage are answered in it. */
const writesAnswered = 20;
const cutOffWrites = scaled(8);
/** Records are carried out every second. */
const carryEveryMs = 1_000;
/** A slow machine's; they are promised to be carried out within 5 s. */
const windowTimeoutMs = 20_000;

describe('Redis away', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const databaseUrl = await useUsersDatabase();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const redis = owned.use(await startOwnRedis());
  const proxy = owned.use(await startTcpProxy({ targetPort: Number(new URL(redis.url).port) }));
  const env = { USERS_DATABASE_URL: databaseUrl, LOG_LEVEL: 'error' };
  const start = async (redisUrl: string) => owned.use(await startService('users', { ...env, REDIS_URL: redisUrl }));
  const services = [await start(`redis://127.0.0.1:${proxy.port}`), await start(redis.url)] as const;
  const connect = (grpc: string) => owned.use(createUsersClient(grpc, { maxAttempts: 1 }));
  const clients = [connect(services[0].grpc), connect(services[1].grpc)] as const;

  async function createMember(): Promise<Member> {
    const [id, password] = [randomUUID(), 'correct horse'];
    const email = `${id}@faults.example`;
    await clients[0].createUser({ userId: id, email, name: '0', password });
    const { token } = await clients[0].createSession({ email, password });
    return { id, token, acknowledged: 0, begun: 0 };
  }

  const outages: readonly { name: string; begin(): void; end(): Promise<void> | void }[] = [
    { name: 'killed', begin: () => redis.signal('SIGKILL'), end: () => redis.restart() },
    { name: 'ended', begin: () => redis.signal('SIGTERM'), end: () => redis.restart() },
    { name: 'stopped', begin: () => redis.signal('SIGSTOP'), end: () => redis.signal('SIGCONT') },
  ];

  it('fails nobody, keeps nobody waiting until it is back, and is read again by itself, with nothing old', async () => {
    const members: Member[] = [];
    // Few at once: whoever would wait long for passwords to be hashed is turned away.
    await runLanes(Array.from({ length: memberCount }), 2, async () => void members.push(await createMember()));
    await untilCacheIsRead(services);
    const load = startPacedLoad(members, clients);
    const { calls } = load;
    const figures: Record<string, Figures> = {};
    const measured = async (name: string, work: () => Promise<unknown>) => {
      figures[name] = await measure({ calls, databaseUrl }, work);
    };
    const backMs: Record<string, number> = {};

    /** As long as an outage, and until so many writes that were begun in it are answered. */
    async function untilAnswered(): Promise<void> {
      const sinceMs = performance.now();
      const isAnswered = ({ method, sentAtMs, failure }: ObservedCall) =>
        method === 'updateUser' && sentAtMs > sinceMs && failure === undefined;
      await pause(awayMs);
      const areAnswered = () => calls.filter(isAnswered).length >= writesAnswered;
      await waitUntil(areAnswered, { timeoutMs: 60_000, pollMs: 100 });
    }

    /** Once they know of the outage, no service sends anything that a call would wait for. */
    async function withoutWaiting(work: () => Promise<void>): Promise<void> {
      await untilCacheIsUnasked(services);
      const before = await countCommands(services);
      await work();
      const after = await countCommands(services);
      expect(after.sent - before.sent).toBe(0);
      expect(after.unsent).toBeGreaterThan(before.unsent);
    }

    async function strikeAll(): Promise<void> {
      await measured('calm', () => pause(calmMs));
      for (const { name, begin, end } of outages) {
        begin();
        await measured(name, () => withoutWaiting(untilAnswered)).finally(end);
        const backAtMs = performance.now();
        await untilCacheIsRead(services);
        backMs[name] = Math.round(performance.now() - backAtMs);
        await measured(`after ${name}`, () => pause(calmMs));
      }
    }

    try {
      await Promise.race([load.running, strikeAll()]);
    } finally {
      await load.end();
    }
    const failures = calls.flatMap(({ failure }) => failure ?? []);
    console.table(figures);
    console.log('redis away: read again after so many ms:', backMs, { calls: calls.length, failed: failures.length });
    expect(load.stale.slice(0, 5)).toEqual([]);
    expect(failures.length / calls.length, String(failures[0])).toBeLessThanOrEqual(0.001);
  });

  it('of a writer alone: what it writes is seen by the others once a record has been carried out', async () => {
    const [writer, reader] = clients;
    const subjects = await Promise.all(Array.from({ length: cutOffWrites }, () => operations.create(writer)));
    await untilCacheIsRead(services);
    proxy.refuse();
    await untilCacheIsUnasked([services[0]]);
    const windowsMs: number[] = [];
    async function measureWindow(subject: Subject): Promise<void> {
      await pause(randomInt(carryEveryMs));
      await reader.getUser({ id: subject.id });
      await write(operations, subject, { clients: [writer], isOver: () => false });
      const sinceMs = performance.now();
      const isUpToDate = async () => {
        const read = await readOnce(operations, [subject], reader);
        return read !== 'unanswered' && read.length === 0;
      };
      await waitUntil(isUpToDate, { timeoutMs: windowTimeoutMs, pollMs: 10 });
      windowsMs.push(Math.round(performance.now() - sinceMs));
    }
    await Promise.all(subjects.map(measureWindow));
    proxy.resume();
    const [medianMs, longestMs] = [0.5, 1].map((share) => takeQuantile(windowsMs, share));
    console.log('redis away from the writer: old after the answer:', { writes: windowsMs.length, medianMs, longestMs });
    await untilCacheIsRead(services);
  });
});

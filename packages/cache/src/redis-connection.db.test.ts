import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { sendRedisCommands, startTcpProxy } from '@tandem/dev-stack';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OwnRedis, startOwnRedis } from '../../../test/support/own-redis.ts';
import { useRedis } from '../../../test/support/use-redis.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { type ConnectRedisOptions, connectRedis } from './connect-redis.ts';
import { valueKey } from './entity-keys.ts';
import type { RedisChange, RedisConnection, ReturningNode } from './redis-connection.ts';
import { RedisUrlError } from './redis-target.ts';
import { describeProtocolDriver } from './testing/protocol-suite.ts';

const value = Uint8Array.of(1, 2, 3);
const ttlMs = 60_000;
/** Of a Redis that goes away; one that stays has time, since a busy machine may need it. */
const commandTimeoutMs = 500;
const patientTimeoutMs = 2_000;

interface ObservedConnection {
  readonly connection: RedisConnection;
  readonly changes: RedisChange[];
  readonly lines: string[];
}

async function useConnection(
  url: string,
  keyPrefix = '',
  options: Pick<ConnectRedisOptions, 'beforeReads' | 'commandTimeoutMs'> = {},
): Promise<ObservedConnection> {
  const [changes, lines]: [RedisChange[], string[]] = [[], []];
  const onChange = (change: RedisChange) => changes.push(change);
  const log = (line: string) => lines.push(line);
  const settings = { commandTimeoutMs, keyPrefix, pauseBeforeReadsMs: 0, onChange, log };
  const connection = await connectRedis(url, { ...settings, ...options });
  onTestFinished(() => connection[Symbol.asyncDispose]());
  return { connection, changes, lines };
}

/** A Redis of this test's own, which it may stop and kill. */
async function useOwnRedis(): Promise<OwnRedis> {
  const redis = await startOwnRedis();
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** Answers every command with OK until it falls silent; its connections stay open. */
async function useTalkingServer() {
  const sockets = new Set<Socket>();
  let [connections, talking] = [0, true];
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => {}));
    socket.on('data', (chunk) => {
      const commands = chunk.toString('latin1').match(/\*\d+\r\n/g)?.length ?? 0;
      if (talking) socket.write('+OK\r\n'.repeat(commands));
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    fallSilent: () => {
      talking = false;
    },
    talkAgain: () => {
      talking = true;
    },
  };
}

/** Fails, by its budget where nothing else ends it: what had none would wait until the test is over. */
const expectFailure = (call: Promise<unknown>) => expect(call).rejects.toThrow(CacheUnavailableError);

/** Fails before anything could be sent, let alone answered. */
async function expectFailureAtOnce(call: () => Promise<unknown>): Promise<void> {
  const nextTurn = new Promise((resolve) => setImmediate(resolve, 'not at once'));
  const outcome = call().catch((error: unknown) => error);
  expect(await Promise.race([outcome, nextTurn])).toBeInstanceOf(CacheUnavailableError);
}

const isAvailable = (connection: RedisConnection) =>
  [...connection.states().values()].some((state) => state !== 'nothing');

const available = (connection: RedisConnection) => expect.poll(() => isAvailable(connection), { interval: 5 });

const statesOf = (changes: readonly RedisChange[]) => changes.map((change) => change.state);

describe('over a shared Redis', () => {
  const redis = useRedis();
  const patient = { commandTimeoutMs: patientTimeoutMs };
  describeProtocolDriver('of Redis', async () => (await useConnection(redis.url, redis.keyPrefix, patient)).connection);

  it('says that Redis is available, for writes and then for all, and no more', async () => {
    const { connection, changes, lines } = await useConnection(redis.url, '', patient);
    expect(isAvailable(connection)).toBe(true);
    await expect.poll(() => statesOf(changes)).toEqual(['writes', 'all']);
    expect(lines).toEqual([
      expect.stringMatching(/^cache: Redis at 127\.0\.0\.1:\d+ is available for writes \(answering\)$/),
      expect.stringMatching(/^cache: Redis at 127\.0\.0\.1:\d+ is available \(may be read\)$/),
    ]);
  });

  it('fails every command after it was closed, and says no more', async () => {
    const { connection, changes } = await useConnection(redis.url, '', patient);
    await expect.poll(() => statesOf(changes)).toEqual(['writes', 'all']);
    await connection[Symbol.asyncDispose]();
    expect(isAvailable(connection)).toBe(false);
    await expect(connection.get('a')).rejects.toThrow('the cache is unavailable (closed); use the database');
    expect(changes).toHaveLength(2);
  });

  it('reports what Redis refuses as unavailable, without its text, and stays available', async () => {
    const { connection } = await useConnection(redis.url, redis.keyPrefix, patient);
    await sendRedisCommands(redis.url, [['LPUSH', `${redis.keyPrefix}list`, 'not bytes']]);
    const refusal = connection.get('list').catch((error: unknown) => error);
    expect(await refusal).toMatchObject({ name: 'CacheUnavailableError', reason: 'WRONGTYPE' });
    expect(isAvailable(connection)).toBe(true);
  });
});

describe('when Redis cannot be had', () => {
  it('comes up all the same, fails at once, and names neither user nor password', async () => {
    const { connection, lines } = await useConnection('redis://admin:hunter2@127.0.0.1:1');
    expect(isAvailable(connection)).toBe(false);
    await expectFailureAtOnce(() => connection.get('a'));
    expect(lines).toEqual(['cache: Redis at 127.0.0.1:1 is unavailable (ECONNREFUSED)']);
  });

  it.each([
    ['sentinels', 'redis+sentinel://127.0.0.1:1/main'],
    ['nodes of a Cluster', 'redis://127.0.0.1:1,127.0.0.1:2'],
  ])('does not wait for %s that nobody answers at', async (_, url) => {
    const { connection, lines } = await useConnection(url);
    expect(isAvailable(connection)).toBe(false);
    await expectFailureAtOnce(() => connection.get('a'));
    expect(lines).toEqual([expect.stringMatching(/ is unavailable \(/)]);
  });

  it('says that a login was refused', async () => {
    const { url } = await useOwnRedis();
    const { connection, lines } = await useConnection(url.replace('//', '//admin:hunter2@'));
    expect(isAvailable(connection)).toBe(false);
    expect(lines).toEqual([expect.stringMatching(/is unavailable \(WRONGPASS\)$/)]);
  });

  it('refuses a URL that is none', async () => {
    await expect(connectRedis('hunter2')).rejects.toThrow(RedisUrlError);
  });
});

describe('when Redis goes away', () => {
  it('fails fast once it was killed, and finds it again when it comes back empty', async () => {
    const redis = await useOwnRedis();
    const { connection, changes } = await useConnection(redis.url);
    await connection.set('a', value, { ttlMs });
    redis.signal('SIGKILL');
    await available(connection).toBe(false);
    const commands = [
      () => connection.get('a'),
      () => connection.getMany(['a', 'b']),
      () => connection.set('a', value, { ttlMs }),
      () => connection.delete('a'),
      () => connection.exists('a'),
    ];
    for (const command of commands) await expectFailureAtOnce(command);
    await redis.restart();
    await available(connection).toBe(true);
    expect(await connection.get('a')).toBeUndefined();
    expect(statesOf(changes).filter((state) => state !== 'all')).toEqual(['writes', 'nothing', 'writes']);
  });

  it('answers the commands that are on their way when it is killed', async () => {
    const redis = await useOwnRedis();
    const { connection } = await useConnection(redis.url);
    redis.signal('SIGSTOP');
    const calls = Array.from({ length: 100 }, (_, key) => expectFailure(connection.get(String(key))));
    redis.signal('SIGKILL');
    await Promise.all(calls);
  });

  it('never hangs on one that was stopped, and finds it again with all it held', async () => {
    const redis = await useOwnRedis();
    const { connection, changes } = await useConnection(redis.url);
    await connection.set('a', value, { ttlMs });
    redis.signal('SIGSTOP');
    await expectFailure(connection.get('a'));
    await available(connection).toBe(false);
    // Long enough for the silent connection to be given up and new ones to be tried in vain.
    const stoppedUntil = performance.now() + 2_500;
    while (performance.now() < stoppedUntil) await expectFailureAtOnce(() => connection.get('a'));
    redis.signal('SIGCONT');
    await available(connection).toBe(true);
    expect(await connection.get('a')).toEqual(value);
    expect(statesOf(changes).filter((state) => state !== 'all')).toEqual(['writes', 'nothing', 'writes']);
    expect(changes.find((change) => change.state === 'nothing')?.reason).toBe('timed out');
  });

  it('takes writes, but is not read with all it held until what was on record has been carried out', async () => {
    const redis = await useOwnRedis();
    const key = 'tandem:suite:{thing:a}';
    let records = Promise.withResolvers<void>();
    const beforeReads = async ({ driver, holds }: ReturningNode) => {
      await records.promise;
      expect(holds(key)).toBe(true);
      await driver.invalidate(key);
    };
    records.resolve();
    const { connection } = await useConnection(redis.url, '', { beforeReads });
    const readable = () => expect.poll(() => connection.health(key).readable, { interval: 5 });
    await readable().toBe(true);
    records = Promise.withResolvers();
    await connection.set(valueKey(key), value, { ttlMs });
    redis.signal('SIGSTOP');
    await available(connection).toBe(false);
    redis.signal('SIGCONT');
    await available(connection).toBe(true);
    await connection.mark('tandem:suite:{thing:b}', { writer: 'w', ttlMs });
    expect(connection.health(key).readable).toBe(false);
    expect(await connection.get(valueKey(key))).toEqual(value);
    records.resolve();
    await readable().toBe(true);
    expect(await connection.get(valueKey(key))).toBeUndefined();
  });

  it('notices without any traffic that it was stopped', async () => {
    const redis = await useOwnRedis();
    const { connection } = await useConnection(redis.url);
    redis.signal('SIGSTOP');
    await available(connection).toBe(false);
    redis.signal('SIGCONT');
    await available(connection).toBe(true);
  });

  it('gives up a connection that has gone silent and makes a new one', async () => {
    const server = await useTalkingServer();
    const { connection } = await useConnection(server.url);
    expect([isAvailable(connection), server.connections()]).toEqual([true, 1]);
    server.fallSilent();
    await expect.poll(server.connections, { interval: 10 }).toBeGreaterThan(1);
    server.talkAgain();
    await available(connection).toBe(true);
  });

  it('finds Redis again after a network that swallowed everything, and after one that was cut', async () => {
    const redis = await useOwnRedis();
    await using proxy = await startTcpProxy({ targetPort: Number(new URL(redis.url).port) });
    const { connection, changes } = await useConnection(`redis://127.0.0.1:${proxy.port}`);
    await connection.set('a', value, { ttlMs });
    proxy.blackhole();
    await expectFailure(connection.get('a'));
    await available(connection).toBe(false);
    proxy.resume();
    await available(connection).toBe(true);
    proxy.cut();
    // It may be back before anybody looks.
    const seen = () => statesOf(changes).filter((state) => state !== 'all');
    await expect.poll(seen).toEqual(['writes', 'nothing', 'writes', 'nothing', 'writes']);
    expect(await connection.get('a')).toEqual(value);
  });
});

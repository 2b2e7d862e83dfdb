import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { useProcesses } from '../../../test/support/use-processes.ts';
import { type DevStack, startDevStack } from './dev-stack.ts';
import { isProcessAlive } from './is-process-alive.ts';
import { TRANSACTION_LIFETIME_LIMIT_SECONDS } from './mongodb.ts';
import { sendRedisCommands } from './redis-command.ts';
import { waitUntil } from './wait-until.ts';

/** No store of this machine's environment may be taken for the one under test. */
const { USERS_DATABASE_URL: _, POSTS_DATABASE_URL: __, REDIS_URL: ___, ...bare } = process.env;

async function query(url: string, text: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function withMongo<T>(url: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const patience = { timeoutMs: 20_000 };
const allGone = (pids: readonly number[]) => waitUntil(() => !pids.some(isProcessAlive), patience);

describe('a temporary stack', () => {
  const lines: string[] = [];
  let stack: DevStack;
  beforeAll(async () => {
    stack = await startDevStack({ env: bare, log: (line) => lines.push(line) });
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it('says in one line for each store what was found where', () => {
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(line).toMatch(/^(PostgreSQL|MongoDB|Redis): \d+\.\d+\S* on 127\.0\.0\.1:\d+, from /);
    expect(stack.processes.map(({ name }) => name)).toEqual(['postgres', 'mongodb', 'redis']);
  });

  it('has a PostgreSQL of 17 or later for 300 connections, careless of power cuts, listening on loopback', async () => {
    const wanted = "('max_connections', 'fsync', 'listen_addresses', 'server_version_num', 'transaction_timeout')";
    const rows = await query(stack.usersDatabaseUrl, `SELECT name, setting FROM pg_settings WHERE name IN ${wanted}`);
    const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
    expect(settings).toMatchObject({ max_connections: '300', fsync: 'off', listen_addresses: '127.0.0.1' });
    expect(Number(settings.server_version_num)).toBeGreaterThanOrEqual(170_000);
    expect(settings).toHaveProperty('transaction_timeout');
  });

  it('orders text by code points, whatever the machine', async () => {
    const [row] = await query(stack.usersDatabaseUrl, "SELECT 'Z' < 'a' AND 'z' < 'ä' AS by_code_point");
    expect(row).toEqual({ by_code_point: true });
  });

  it('has a MongoDB replica set that bounds transactions', async () => {
    const parameters = await withMongo(stack.postsDatabaseUrl, (client) =>
      client.db('admin').command({ getParameter: 1, transactionLifetimeLimitSeconds: 1 }),
    );
    expect(parameters.transactionLifetimeLimitSeconds).toBe(TRANSACTION_LIFETIME_LIMIT_SECONDS);
    await withMongo(stack.postsDatabaseUrl, async (client) => {
      const changes = client.db().collection('notes').watch();
      let seen: string | undefined;
      const change = changes.next().then(({ operationType }) => {
        seen = operationType;
      });
      // The stream shows what comes after its opening, and nothing tells of that.
      await waitUntil(async () => {
        await client.db().collection('notes').insertOne({ a: 1 });
        return seen === 'insert';
      }, patience);
      await change.finally(() => changes.close());
    });
  });

  it('has a bounded Redis that keeps nothing on disk', async () => {
    const names = ['maxmemory', 'maxmemory-policy', 'save', 'appendonly'];
    const replies = await sendRedisCommands(
      stack.redisUrl,
      names.map((name) => ['CONFIG', 'GET', name]),
    );
    expect(replies).toEqual([
      ['maxmemory', String(256 * 1024 * 1024)],
      ['maxmemory-policy', 'allkeys-lru'],
      ['save', ''],
      ['appendonly', 'no'],
    ]);
  });

  it('takes running stores whose URLs the environment gives', async () => {
    const env = {
      ...bare,
      USERS_DATABASE_URL: stack.usersDatabaseUrl,
      POSTS_DATABASE_URL: stack.postsDatabaseUrl,
      REDIS_URL: stack.redisUrl,
    };
    await using second = await startDevStack({ env });
    expect(second.processes).toEqual([]);
    expect(second.usersDatabaseUrl).toBe(stack.usersDatabaseUrl);
  });
});

describe('a stack that ends', () => {
  const processes = useProcesses();

  it('leaves neither process nor folder', async () => {
    const own = mkdtempSync(join(tmpdir(), 'tandem-tmp-'));
    // A PostgreSQL that may not run as root must get in.
    chmodSync(own, 0o711);
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(own, { recursive: true });
    });
    const stack = await startDevStack({ env: bare });
    expect(readdirSync(own)).toContainEqual(expect.stringMatching(/^tandem-stack-/));
    const pids = stack.processes.map(({ pid }) => pid);
    await stack[Symbol.asyncDispose]();
    expect(pids.filter(isProcessAlive)).toEqual([]);
    expect(readdirSync(own)).toEqual([]);
  });

  it('takes its stores along when it is killed with -9', async () => {
    const holder = await processes.start({
      file: join(import.meta.dirname, 'testing/hold-stack.ts'),
      ready: /^stack (.*)$/,
    });
    const stores = JSON.parse(holder.match?.[1] ?? '') as { pid: number }[];
    const pids = stores.map(({ pid }) => pid);
    expect(pids.filter(isProcessAlive)).toHaveLength(3);
    holder.kill('SIGKILL');
    await allGone(pids);
  });

  it('tells of a store that ends by itself, and not of those that it ends', async () => {
    const ended: string[] = [];
    const onStoreLost = (_: string, line: string) => ended.push(line);
    const stack = await startDevStack({ env: bare, only: ['redis'], onStoreLost });
    process.kill(stack.processes[0]!.pid, 'SIGKILL');
    await waitUntil(() => ended.length > 0, patience);
    await stack[Symbol.asyncDispose]();
    const quiet = await startDevStack({ env: bare, only: ['redis'], onStoreLost });
    await quiet[Symbol.asyncDispose]();
    expect(ended).toEqual([expect.stringMatching(/^Redis ended by itself \(SIGKILL\): its log is \S+redis\.log$/)]);
  });

  it('starts a store again on its port, where it is told to, and ends that one too', async () => {
    const lines: string[] = [];
    const stack = await startDevStack({
      env: bare,
      only: ['redis'],
      restart: ['redis'],
      log: (line) => lines.push(line),
      onStoreLost: (_, line) => lines.push(line),
    });
    const [first] = stack.processes;
    process.kill(first!.pid, 'SIGKILL');
    await waitUntil(() => lines.length > 1, patience);
    expect(lines.slice(1)).toEqual([
      `Redis ended by itself (SIGKILL): started again on ${new URL(stack.redisUrl).host}`,
    ]);
    expect(await sendRedisCommands(stack.redisUrl, [['PING']])).toEqual(['PONG']);
    const [second] = stack.processes;
    expect(second?.pid).not.toBe(first?.pid);
    await stack[Symbol.asyncDispose]();
    expect(isProcessAlive(second!.pid)).toBe(false);
    expect(lines).toHaveLength(2);
  });
});

describe('a stack with a kept folder', () => {
  const processes = useProcesses();
  const holdStack = () =>
    processes.start({
      file: join(import.meta.dirname, 'testing/hold-stack.ts'),
      args: [dataDir],
      ready: /^stack (.*)$/,
    });
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tandem-kept-'));
    // A PostgreSQL that may not run as root must get in.
    chmodSync(dataDir, 0o711);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 }));

  it('keeps data and ports, and does without a port that was taken meanwhile', async () => {
    const first = await startDevStack({ dataDir, env: bare });
    await query(first.usersDatabaseUrl, 'CREATE TABLE kept (id int)');
    await withMongo(first.postsDatabaseUrl, (client) => client.db().collection('kept').insertOne({ a: 1 }));
    const { usersDatabaseUrl, postsDatabaseUrl } = first;
    await first[Symbol.asyncDispose]();

    const second = await startDevStack({ dataDir, env: bare });
    expect(second.usersDatabaseUrl).toBe(usersDatabaseUrl);
    expect(await query(second.usersDatabaseUrl, 'SELECT * FROM kept')).toEqual([]);
    await second[Symbol.asyncDispose]();

    const squatter = createServer((socket) => socket.destroy()).listen(
      Number(new URL(postsDatabaseUrl).port),
      '127.0.0.1',
    );
    const third = await startDevStack({ dataDir, env: bare, only: ['mongodb'] });
    expect(third.postsDatabaseUrl).not.toBe(postsDatabaseUrl);
    const count = await withMongo(third.postsDatabaseUrl, (client) => client.db().collection('kept').countDocuments());
    expect(count).toBe(1);
    await third[Symbol.asyncDispose]();
    squatter.close();
  });

  it('is held by one run at a time', async () => {
    const holder = await holdStack();
    await expect(startDevStack({ dataDir, env: bare })).rejects.toThrow(
      new RegExp(`in use by another run \\(process ${holder.pid}\\)`),
    );
  });

  it('starts again right after kill -9', async () => {
    const holder = await holdStack();
    holder.kill('SIGKILL');
    await holder.exited;
    await using stack = await startDevStack({ dataDir, env: bare });
    expect(stack.processes).toHaveLength(3);
  });

  it('takes no living stranger for the PostgreSQL of an earlier run', async () => {
    await (await startDevStack({ dataDir, env: bare, only: ['postgres'] }))[Symbol.asyncDispose]();
    const pidFile = join(dataDir, 'postgres/postmaster.pid');
    expect(existsSync(pidFile)).toBe(false);
    writeFileSync(pidFile, `${process.pid}\n${dataDir}/postgres\n`);
    await using stack = await startDevStack({ dataDir, env: bare, only: ['postgres'] });
    expect(await query(stack.usersDatabaseUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('has only the stores that it was asked for', async () => {
    await using stack = await startDevStack({ dataDir, env: bare, only: ['redis'] });
    expect(await sendRedisCommands(stack.redisUrl, [['PING']])).toEqual(['PONG']);
    expect(() => stack.usersDatabaseUrl).toThrow('without PostgreSQL');
  });
});

describe('a URL in the environment', () => {
  const secret = 'hunter2';
  const dataDir = join(tmpdir(), 'tandem-never-made');

  it.each([
    [
      'USERS_DATABASE_URL',
      `postgres://name:${secret}@127.0.0.1:1/tandem`,
      /PostgreSQL at 127\.0\.0\.1:1 .*ECONNREFUSED/,
    ],
    [
      'POSTS_DATABASE_URL',
      `mongodb://name:${secret}@127.0.0.1:1/tandem`,
      /MongoDB at 127\.0\.0\.1:1 .*no usable answer/,
    ],
    ['REDIS_URL', `redis://:${secret}@127.0.0.1:1`, /Redis at 127\.0\.0\.1:1 .*ECONNREFUSED/],
    ['USERS_DATABASE_URL', `${secret}:tandem`, /not of the form postgres:/],
    ['USERS_DATABASE_URL', `postgres://127.0.0.1:5432?${secret}`, /not of the form postgres:/],
    ['POSTS_DATABASE_URL', `postgres://:${secret}@127.0.0.1/tandem`, /not of the form mongodb:/],
    ['POSTS_DATABASE_URL', `mongodb://127.0.0.1:1/tandem?${secret}=1`, /an option that there is not/],
    ['POSTS_DATABASE_URL', `mongodb://name:${secret}@127.0.0.1:99999/tandem`, /a port, .* that there is not/],
    ['USERS_DATABASE_URL', `postgres://:${secret}@127.0.0.1:99999/tandem`, /a port, .* that there is not/],
    ['REDIS_URL', `127.0.0.1:6379/${secret}`, /not of the form redis:/],
    ['REDIS_URL_FILE', '/nowhere/redis-url', /names a file that cannot be read: \/nowhere\/redis-url/],
  ])('%s=%s is refused in one line, and nothing is started in its place', async (variable, url, said) => {
    const lines: string[] = [];
    const start = startDevStack({ dataDir, env: { ...bare, [variable]: url }, log: (line) => lines.push(line) });
    const refusal = await start.then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(said);
    expect(refusal).toContain(variable);
    expect(refusal).not.toMatch(new RegExp(`\n|${secret}`));
    expect([lines, existsSync(dataDir)]).toEqual([[], false]);
  });

  it.each(['replicaSet=other', 'directConnection=true&replicaSet=other'])(
    'with %s is told that there is no such set',
    async (query) => {
      await using stack = await startDevStack({ env: bare, only: ['mongodb'] });
      const POSTS_DATABASE_URL = `${stack.postsDatabaseUrl.split('?')[0]}?${query}`;
      const start = startDevStack({ env: { ...bare, POSTS_DATABASE_URL }, only: ['mongodb'] });
      await expect(start).rejects.toThrow('no usable answer from a replica set named other');
    },
  );
});

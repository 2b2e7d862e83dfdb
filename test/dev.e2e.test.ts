import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort, isProcessAlive, sendRedisCommands, waitUntil } from '@tandem/dev-stack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listChildren } from './support/list-children.ts';
import { useProcesses } from './support/use-processes.ts';

const root = join(import.meta.dirname, '..');
const environment = {
  USERS_DATABASE_URL: undefined,
  POSTS_DATABASE_URL: undefined,
  REDIS_URL: undefined,
  USERS_LISTEN: '127.0.0.1:0',
  USERS_EDGE_LISTEN: '127.0.0.1:0',
  POSTS_LISTEN: '127.0.0.1:0',
  POSTS_EDGE_LISTEN: '127.0.0.1:0',
};

/** The one of these processes whose command line names a folder or an address. */
function findServer(pids: readonly number[], named: string): number {
  const readCommand = (pid: number) => execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  const found = pids.find((pid) => readCommand(pid).includes(named));
  if (found === undefined) throw new Error(`no server of ${named} among ${pids.join(', ')}`);
  return found;
}

describe('npm run dev', { timeout: 300_000 }, () => {
  const processes = useProcesses();
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tandem-dev-e2e-'));
    chmodSync(dataDir, 0o711);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 }));

  const startDev = (options: { env?: NodeJS.ProcessEnv; ready?: RegExp } = {}) =>
    processes.start({
      file: join(root, 'scripts/dev.ts'),
      args: ['--data', dataDir],
      timeoutMs: 120_000,
      ...options,
      env: { ...environment, ...options.env },
    });
  const ready = /Ctrl-C stops everything/;
  const allGone = (pids: readonly number[]) => waitUntil(() => !pids.some(isProcessAlive), { timeoutMs: 20_000 });

  it('serves both services at the addresses of its banner, restarts one whose code changes, and stops in order', async () => {
    const dev = await startDev({ ready });
    for (const name of ['users', 'posts']) {
      const [, edge] = await dev.waitForLine(new RegExp(`^ *${name} +\\S+ +(http://\\S+)`));
      expect((await fetch(`${edge}/healthz`)).status).toBe(200);
    }
    const now = new Date();
    utimesSync(join(root, 'services/users/src/main.ts'), now, now);
    await dev.waitForLine(/^users restarted grpc=/);
    expect(dev.stdout.filter((line) => /^posts restarted/.test(line))).toEqual([]);
    const children = listChildren(dev.pid);
    expect(children).toHaveLength(6);
    dev.kill('SIGINT');
    expect(await dev.exited).toBe(0);
    expect(children.filter(isProcessAlive)).toEqual([]);
  });

  it('prints commands that work as they are', async () => {
    const dev = await startDev({ ready });
    const [, curl = ''] = await dev.waitForLine(/^ *(curl .*)$/);
    expect(JSON.parse(execFileSync('sh', ['-c', curl], { encoding: 'utf8' }))).toMatchObject({
      user: { email: 'bob@example.com' },
    });
  });

  it('leaves neither store nor service behind when it is killed with -9', async () => {
    const dev = await startDev({ ready });
    const children = listChildren(dev.pid);
    expect(children).toHaveLength(6);
    dev.kill('SIGKILL');
    await allGone(children);
  });

  it('says in one line why a service cannot start, and stops everything', async () => {
    // Free when it is looked at, and taken by one of the two.
    const address = `127.0.0.1:${await findFreePort()}`;
    const dev = await startDev({ env: { USERS_LISTEN: address, POSTS_LISTEN: address } });
    await waitUntil(() => dev.stdout.length >= 3, { timeoutMs: 120_000 });
    const children = listChildren(dev.pid);
    expect(await dev.exited).toBe(1);
    expect(dev.stderr).toEqual([expect.stringMatching(/^dev: (users|posts) did not start .*in use/)]);
    expect(children.filter(isProcessAlive)).toEqual([]);
  });

  it('refuses what a service would refuse before it starts anything', async () => {
    const dev = await startDev({ env: { AUTH_MODE: 'token' } });
    expect(await dev.exited).toBe(1);
    expect(dev.stdout).toEqual([]);
    expect(dev.stderr).toEqual(['dev: AUTH_MODE must be "open", the only mode of this release']);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('starts a Redis that ends again, and both services go on', async () => {
    const dev = await startDev({ ready });
    const [, redis = ''] = await dev.waitForLine(/^Redis: .* on (127\.0\.0\.1:\d+),/);
    const before = listChildren(dev.pid);
    process.kill(findServer(before, redis), 'SIGKILL');
    await dev.waitForLine(new RegExp(`^Redis ended by itself \\(SIGKILL\\): started again on ${redis}$`));
    expect(await sendRedisCommands(`redis://${redis}`, [['PING']])).toEqual(['PONG']);
    for (const name of ['users', 'posts']) {
      const [, edge] = await dev.waitForLine(new RegExp(`^ *${name} +\\S+ +(http://\\S+)`));
      expect((await fetch(`${edge}/healthz`)).status).toBe(200);
      await dev.waitForLine(new RegExp(`^${name} \\| .*cache: Redis at ${redis} is available.*`));
    }
    const children = listChildren(dev.pid);
    expect(children.filter((pid) => !before.includes(pid))).toHaveLength(1);
    dev.kill('SIGINT');
    expect(await dev.exited).toBe(0);
    expect(children.filter(isProcessAlive)).toEqual([]);
  });

  it.each([
    ['PostgreSQL', 'postgres'],
    ['MongoDB', 'mongodb'],
  ])('stops everything with exit code 1, and says so in one line, when %s ends', async (title, folder) => {
    const dev = await startDev({ ready });
    const children = listChildren(dev.pid);
    process.kill(findServer(children, `${dataDir}/${folder}`), 'SIGKILL');
    expect(await dev.exited).toBe(1);
    expect(dev.stderr).toEqual([
      `dev: ${title} ended by itself (SIGKILL): its log is ${dataDir}/${folder}.log. Everything is stopped.`,
    ]);
    expect(children.filter(isProcessAlive)).toEqual([]);
  });

  it.each(['--nope', 'nope'])('refuses %s in one clear line', async (argument) => {
    const dev = await processes.start({ file: join(root, 'scripts/dev.ts'), args: [argument], env: environment });
    expect(await dev.exited).toBe(2);
    expect(dev.stderr).toEqual([
      expect.stringMatching(new RegExp(`^dev: (Unknown option|Unexpected argument) '${argument}'$`)),
      '(npm run dev -- --help shows how it is called)',
    ]);
  });

  it('refuses a store that the environment names and that is not there, in one line', async () => {
    const dev = await startDev({ env: { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' } });
    expect(await dev.exited).toBe(1);
    expect(dev.stdout).toEqual([]);
    expect(dev.stderr).toEqual([
      expect.stringMatching(/^dev: REDIS_URL is set, but the Redis at 127\.0\.0\.1:1 cannot/),
    ]);
    expect(dev.stderr.join()).not.toContain('hunter2');
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('says in one line that a port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const dev = await startDev({ env: { POSTS_LISTEN: address } });
    expect(await dev.exited).toBe(1);
    expect(dev.stderr).toEqual([expect.stringContaining(`${address} is already in use`)]);
    server.close();
  });
});

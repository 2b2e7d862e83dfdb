import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive, waitUntil } from '@tandem/dev-stack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

/** The processes that `parent` started: stores, services and the watcher. */
function listChildren(parent: number): number[] {
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return pairs
    .map((pair) => pair.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, ppid]) => (ppid === parent ? pid : []));
}

describe('npm run dev', { timeout: 120_000 }, () => {
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
      timeoutMs: 60_000,
      ...options,
      env: { ...environment, ...options.env },
    });
  const ready = /Ctrl-C stops everything/;
  const allGone = (pids: readonly number[]) => waitUntil(() => !pids.some(isProcessAlive), { timeoutMs: 5_000 });

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
    const dev = await startDev({ env: { AUTH_MODE: 'nonsense' } });
    await waitUntil(() => dev.stdout.length >= 3, { timeoutMs: 60_000 });
    const children = listChildren(dev.pid);
    expect(await dev.exited).toBe(1);
    expect(dev.stderr).toEqual([expect.stringMatching(/^dev: (users|posts) did not start .*AUTH_MODE/)]);
    expect(children.filter(isProcessAlive)).toEqual([]);
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

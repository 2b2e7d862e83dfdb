import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive, sendRedisCommands, waitUntil } from '@tandem/dev-stack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPostsStatus, readUsersStatus } from '../migrations/testing/read-statuses.ts';
import { useProcesses } from './support/use-processes.ts';

/** What the environment of this run names must not be taken for what the command starts. */
const ownStores = { USERS_DATABASE_URL: undefined, POSTS_DATABASE_URL: undefined, REDIS_URL: undefined };

describe('npm run stack', { timeout: 180_000 }, () => {
  const processes = useProcesses();
  let dataDir = '';
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'tandem-stack-e2e-'));
    chmodSync(dataDir, 0o711);
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 }));

  const startStack = () =>
    processes.start({
      file: join(import.meta.dirname, '../scripts/stack.ts'),
      args: ['--data', dataDir],
      env: ownStores,
      ready: /^export REDIS_URL=/,
      timeoutMs: 120_000,
    });
  const readUrls = (lines: readonly string[]) =>
    Object.fromEntries(lines.flatMap((line) => [...line.matchAll(/^export (\w+)='(.*)'$/g)].map((m) => [m[1], m[2]])));
  const readStorePids = () =>
    ['postgres/postmaster.pid', 'mongodb/mongod.lock'].map((file) =>
      Number.parseInt(readFileSync(join(dataDir, file), 'utf8'), 10),
    );

  it('prints the variables of migrated stores, and ends them in order on SIGTERM', async () => {
    const stack = await startStack();
    const urls = readUrls(stack.stdout);
    expect((await readUsersStatus(urls.USERS_DATABASE_URL!)).pending).toEqual([]);
    expect((await readPostsStatus(urls.POSTS_DATABASE_URL!)).pending).toEqual([]);
    expect(await sendRedisCommands(urls.REDIS_URL!, [['PING']])).toEqual(['PONG']);
    const pids = readStorePids();
    stack.kill('SIGTERM');
    expect(await stack.exited).toBe(0);
    expect(pids.filter(isProcessAlive)).toEqual([]);
    expect(stack.stderr).toEqual([]);
  });

  it('leaves no store behind when it is killed with -9', async () => {
    const stack = await startStack();
    const pids = readStorePids();
    expect(pids.every(isProcessAlive)).toBe(true);
    stack.kill('SIGKILL');
    await waitUntil(() => !pids.some(isProcessAlive), { timeoutMs: 20_000 });
  });

  it('says in one line that another run holds the folder, and leaves that one alone', async () => {
    const first = await startStack();
    const second = await processes.start({
      file: join(import.meta.dirname, '../scripts/stack.ts'),
      args: ['--data', dataDir],
      env: ownStores,
    });
    expect(await second.exited).toBe(1);
    expect(second.stderr).toEqual([expect.stringContaining(`in use by another run (process ${first.pid})`)]);
    expect(readStorePids().every(isProcessAlive)).toBe(true);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUsersClient } from '@tandem/contracts';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { startService } from './pair/start-service.ts';
import { queryDatabase } from './support/query-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

const root = join(import.meta.dirname, '..');
const count = 30_000;

interface ExportRun {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function startExport(args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'scripts/export.ts'), ...args], { stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]): ExportRun => ({ exit: code ?? signal, ...output }));
  return { child, ended };
}

describe('users going out', { timeout: 120_000 }, async () => {
  const databaseUrl = await useUsersDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  const run = (...args: string[]) => startExport(args).ended;
  const namesIn = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).name);
  const everyone = Array.from({ length: count }, (_, n) => `User ${n + 1}`);
  const service = await startService('users', { USERS_DATABASE_URL: databaseUrl });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const target = ['--target', service.grpc];

  beforeAll(async () => {
    await queryDatabase(
      databaseUrl,
      `INSERT INTO users (id, email, name, name_folded)
       SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n || '@example.org', 'User ' || n, 'user ' || n
       FROM generate_series(1, $1) AS n`,
      [count],
    );
  });

  it('are one JSON object a line, by id, in a file or on standard output', async () => {
    const file = join(folder, 'all.ndjson');
    expect(await run('users', file, ...target)).toMatchObject({
      exit: 0,
      stdout: '',
      stderr: expect.stringContaining('users: 30,000 exported'),
    });
    const text = readFileSync(file, 'utf8');
    expect(namesIn(text)).toEqual(everyone);
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toMatchObject({
      email: '1@example.org',
      points: '0',
      etag: '1',
    });
    expect(existsSync(`${file}.part.cursor`)).toBe(false);
    expect(await run('users', '-', ...target)).toMatchObject({ exit: 0, stdout: text });
  });

  /** Ends an export when the first of it is in. Nothing comes through but what this process lets through: all never has. */
  async function interrupt(file: string, signal: 'SIGINT' | 'SIGKILL'): Promise<ExportRun> {
    await using proxy = await startTcpProxy({ targetPort: Number(service.grpc.split(':').at(-1)) });
    const { child, ended } = startExport(['users', file, '--target', `127.0.0.1:${proxy.port}`]);
    await waitUntil(() => existsSync(`${file}.part.cursor`), { timeoutMs: 60_000, pollMs: 1 });
    proxy.blackhole();
    child.kill(signal);
    return await ended;
  }

  it.each(['SIGINT', 'SIGKILL'] as const)('go on where they were after %s, each once', async (signal) => {
    const file = join(folder, `${signal}.ndjson`);
    const { exit, stderr } = await interrupt(file, signal);
    expect(exit).toBe(signal === 'SIGINT' ? 1 : 'SIGKILL');
    if (signal === 'SIGINT') expect(stderr).toContain('the same command again goes on');
    expect(existsSync(file)).toBe(false);
    const again = await run('users', file, ...target);
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('goes on after what is in') });
    expect(namesIn(readFileSync(file, 'utf8'))).toEqual(everyone);
  });

  it('cut off what was not marked as whole', async () => {
    const file = join(folder, 'torn.ndjson');
    await interrupt(file, 'SIGKILL');
    writeFileSync(`${file}.part`, '{"torn', { flag: 'a' });
    expect(await run('users', file, ...target)).toMatchObject({ exit: 0 });
    expect(namesIn(readFileSync(file, 'utf8'))).toEqual(everyone);
  });

  it('exit 1 with a clear line for a wrong command, a service that is not there, and a cursor of another', async () => {
    expect(await run('logs', 'f')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('users or posts, not logs'),
    });
    expect(await run('users', '-', '--target', '127.0.0.1:1')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('cannot be reached'),
    });
    const file = join(folder, 'strange.ndjson');
    writeFileSync(`${file}.part`, '');
    writeFileSync(`${file}.part.cursor`, JSON.stringify({ cursor: 'strange', bytes: 0 }));
    expect(await run('users', file, ...target)).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('strange.ndjson.part.cursor to begin anew'),
    });
  });

  it('end at the drain with DRAINING, and go on elsewhere from the last cursor', async () => {
    const leaving = await startService('users', { USERS_DATABASE_URL: databaseUrl });
    await using client = createUsersClient(leaving.grpc, { maxAttempts: 1 });
    const names: (string | undefined)[] = [];
    let cursor = '';
    const read = async () => {
      for await (const chunk of client.exportUsers({ chunkSize: 100 })) {
        names.push(...chunk.users.map(({ name }) => name));
        cursor = chunk.cursor;
        if (names.length === 500) leaving.signal('SIGTERM');
      }
    };
    expect(await refusalOf(read())).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
    expect(await leaving.exited).toBe(0);
    await using other = createUsersClient(service.grpc);
    for await (const chunk of other.exportUsers({ cursor })) names.push(...chunk.users.map(({ name }) => name));
    expect(names).toEqual(everyone);
  });
});

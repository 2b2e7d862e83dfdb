import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from './pair/start-service.ts';
import { usePair } from './pair/use-pair.ts';

const root = join(import.meta.dirname, '..');

interface ImportRun {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param options.tmp where it keeps its standard input, which is left open then */
function startImport(args: readonly string[], input = '', { tmp }: { tmp?: string } = {}) {
  const env = { ...process.env, ...(tmp === undefined ? {} : { TMPDIR: tmp }) };
  const child = spawn(process.execPath, [join(root, 'scripts/import.ts'), ...args], { stdio: 'pipe', env });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  child.stdin.on('error', () => {}); // It may not want the input.
  if (tmp === undefined) child.stdin.end(input);
  else child.stdin.write(input);
  const ended = once(child, 'close').then(([code, signal]): ImportRun => ({ exit: code ?? signal, ...output }));
  return { child, ended };
}

describe('npm run import', { timeout: 180_000 }, async () => {
  const { usersService, postsService, users, posts, postsEnv } = await usePair();
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const toUsers = ['--target', usersService.grpc];
  const toPosts = ['--target', postsService.grpc];
  const run = (args: readonly string[], input?: string) => startImport(args, input).ended;
  const countPosts = async (tag: string) =>
    (await posts.listPosts({ filter: { tags: [tag] }, pageSize: 1, includeTotalSize: true })).totalSize;

  beforeAll(async () => {
    expect(await run(['users', join(root, 'examples/users.ndjson'), ...toUsers])).toMatchObject({ exit: 0 });
  });
  const author = '0193a5c0-0000-7000-8000-000000000001';
  const rows = (tag: string, count: number, extra: object = {}) =>
    Array.from({ length: count }, (_, n) =>
      JSON.stringify({ author_id: author, title: `${tag} ${n}`, content: 'x'.repeat(200), tags: [tag], ...extra }),
    ).join('\n');

  it('takes the example data in, and a second time doubles nothing', async () => {
    const again = await run(['users', join(root, 'examples/users.ndjson'), ...toUsers]);
    expect(again.stdout).toContain('users: 40 rows: 0 imported, 0 updated, 40 skipped, 0 refused');
    const first = await run(['posts', join(root, 'examples/posts.ndjson'), ...toPosts]);
    expect(first).toMatchObject({ exit: 0, stdout: expect.stringContaining('117 imported') });
    const second = await run(['posts', join(root, 'examples/posts.ndjson'), ...toPosts]);
    expect(second).toMatchObject({ exit: 0, stdout: expect.stringContaining('0 imported, 0 updated, 117 skipped') });
    expect((await users.listUsers({ includeTotalSize: true })).totalSize).toBe(40);
    expect((await posts.listPosts({ includeTotalSize: true })).totalSize).toBe(117);
  });

  it('gives rows without an id the same ids from a file, packed, and from standard input', async () => {
    const content = `\uFEFF${rows('same', 30)}\r\n\r\n`;
    expect((await run(['posts', file('same.ndjson', content), ...toPosts])).stdout).toContain('30 imported');
    expect((await run(['posts', file('same.ndjson.gz', gzipSync(content)), ...toPosts])).stdout).toContain(
      '30 skipped',
    );
    expect((await run(['posts', '-', ...toPosts], content)).stdout).toContain('30 skipped');
    expect(await countPosts('same')).toBe(30);
  });

  it('exits 2 with a table and a file of all refused rows, over more than the service names in a reply', async () => {
    const bad = file('bad.ndjson', [rows('bad', 1200, { title: '' }), '{"titel":1}', rows('good', 3)].join('\n'));
    const failures = join(folder, 'failures.ndjson');
    const { exit, stdout } = await run(['posts', bad, ...toPosts, '--failures', failures]);
    expect(exit).toBe(2);
    expect(stdout).toContain('1,204 rows: 3 imported, 0 updated, 0 skipped, 1,201 refused');
    expect(stdout).toContain('… and 1,181 more');
    const lines = readFileSync(failures, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: 1201 }, (_, n) => n + 1));
    expect(lines[1200]).toMatchObject({ reason: 'REQUEST_UNREADABLE', row: 1200 });
    expect(lines[0]).toMatchObject({ reason: 'FIELD_INVALID', row: 0 });
  });

  it('updates, or refuses, what is there already when told to', async () => {
    const id = '0193b7d2-2222-7000-8000-000000000001';
    const row = (title: string) => JSON.stringify({ id, authorId: author, title });
    expect((await run(['posts', '-', ...toPosts], row('One'))).exit).toBe(0);
    expect((await run(['posts', '-', ...toPosts, '--on-duplicate', 'update'], row('Two'))).stdout).toContain(
      '1 updated',
    );
    expect((await posts.getPost({ id })).post?.title).toBe('Two');
    expect(await run(['posts', '-', ...toPosts, '--on-duplicate', 'error'], row('Three'))).toMatchObject({
      exit: 2,
      stdout: expect.stringContaining('ID_TAKEN'),
    });
  });

  it('exits 1 with one clear line for a wrong command, a missing file and a service that is not there', async () => {
    expect(await run(['cats', 'f'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('users or posts, not cats'),
    });
    expect(await run(['posts', join(folder, 'none')])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('there is no such file'),
    });
    const away = await run(['posts', '-', '--target', '127.0.0.1:1'], rows('away', 1));
    expect(away).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('the posts service at 127.0.0.1:1 cannot be reached'),
    });
  });

  it('stops on Ctrl-C, says how far it came, and a second run goes on', async () => {
    const path = file('stopped.ndjson', rows('stopped', 12_000));
    // Nothing goes through but what this process lets through: while it is held up, nothing more comes in.
    await using proxy = await startTcpProxy({ targetPort: Number(postsService.grpc.split(':').at(-1)) });
    const first = startImport(['posts', path, '--target', `127.0.0.1:${proxy.port}`]);
    await untilCounted(3_000, 'stopped');
    first.child.kill('SIGINT');
    const { exit, stderr } = await first.ended;
    expect(exit).toBe(1);
    expect(stderr).toMatch(/Stopped\. The rows up to line [\d,]+ are settled/);
    const there = await countPosts('stopped');
    expect(there).toBeLessThan(12_000);
    const second = await run(['posts', path, ...toPosts]);
    expect(second).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining(`${(12_000 - there!).toLocaleString('en-US')} imported`),
    });
    expect(await countPosts('stopped')).toBe(12_000);
  });

  it('stops on the first Ctrl-C while it still reads standard input', async () => {
    const tmp = mkdtempSync(join(folder, 'tmp-'));
    const { child, ended } = startImport(['posts', '-', ...toPosts], rows('half', 1), { tmp });
    await waitUntil(() => readdirSync(tmp).length > 0, { timeoutMs: 20_000 });
    child.kill('SIGINT');
    const { exit, stdout, stderr } = await ended;
    expect({ exit, stdout, stderr }).toEqual({
      exit: 1,
      stdout: '',
      stderr: 'Stopped while the input was read. No row was sent.\n',
    });
    expect(readdirSync(tmp)).toEqual([]);
    expect(await countPosts('half')).toBe(0);
  });

  it('stops on the first Ctrl-C while the service is away', async () => {
    const { child, ended } = startImport(['posts', '-', '--target', '127.0.0.1:1'], rows('away', 1));
    child.stderr.once('data', () => child.kill('SIGINT'));
    const { exit, stderr } = await ended;
    expect(exit).toBe(1);
    expect(stderr).toMatch(/Stopped\. No row is settled/);
    expect(stderr).not.toContain('cannot be reached: start it');
  });

  it('goes on by itself when the service is killed and comes back, doubling nothing', async () => {
    const { child, ended } = startImport(['posts', file('restart.ndjson', rows('restart', 12_000)), ...toPosts]);
    await untilCounted(3_000, 'restart');
    postsService.signal('SIGKILL');
    await postsService.exited;
    await using back = await startService('posts', postsEnv);
    const { exit, stdout } = await ended;
    expect([exit, child.signalCode, back.grpc]).toEqual([0, null, postsService.grpc]);
    expect(stdout).toContain('12,000 rows: ');
    expect(await countPosts('restart')).toBe(12_000);
  });

  async function untilCounted(least: number, tag: string): Promise<void> {
    await waitUntil(async () => ((await countPosts(tag)) ?? 0) >= least, { timeoutMs: 60_000, pollMs: 1 });
  }
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPostsClient } from '@tandem/contracts';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { startService } from './pair/start-service.ts';
import { usePostsDatabase } from './support/use-posts-database.ts';

const script = join(import.meta.dirname, '../scripts/export.ts');
const count = 2_000;
/** Two hundred or so fill a message, and all of them are more than the way to a reader holds. */
const large = 'x'.repeat(20_000);

function startExport(args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ exit: (code ?? signal) as number | string, stderr }));
  return { child, ended };
}

describe('posts going out', { timeout: 120_000 }, async () => {
  const databaseUrl = await usePostsDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'export-posts-'));
  const service = await startService('posts', { POSTS_DATABASE_URL: databaseUrl });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });
  const titles = Array.from({ length: count }, (_, n) => `Post ${n + 1}`);
  const titlesIn = (file: string) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).title);

  beforeAll(async () => {
    await using direct = new MongoClient(databaseUrl);
    const time = new Date(1_700_000_000_000);
    await direct
      .db()
      .collection<{ _id: string }>('posts')
      .insertMany(
        titles.map((title, n) => ({
          _id: `01900000-0000-7000-8000-${String(n + 1).padStart(12, '0')}`,
          author_id: '01900000-0000-7000-8000-000000000000',
          title,
          title_folded: title.toLowerCase(),
          content: large,
          tags: [],
          language: 'en',
          published: false,
          create_time: time,
          update_time: time,
          publish_time: null,
          version: 1,
        })),
        // Only what is read matters here.
        { bypassDocumentValidation: true },
      );
  });

  it('are one JSON object a line, in full, by id, and go on where they were after SIGKILL', async () => {
    const file = join(folder, 'posts.ndjson');
    const args = ['posts', file, '--target', service.grpc];
    // Nothing comes through but what this process lets through: by then not all has.
    await using proxy = await startTcpProxy({ targetPort: Number(service.grpc.split(':').at(-1)) });
    const { child, ended } = startExport(['posts', file, '--target', `127.0.0.1:${proxy.port}`]);
    await waitUntil(() => existsSync(`${file}.part.cursor`), { timeoutMs: 60_000, pollMs: 1 });
    proxy.blackhole();
    child.kill('SIGKILL');
    expect((await ended).exit).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
    const again = await startExport(args).ended;
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('goes on after what is in') });
    expect(again.stderr).toMatch(/posts: [\d,]+ exported/);
    expect(titlesIn(file)).toEqual(titles);
    const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
    expect(JSON.parse(first)).toMatchObject({ content: large, tags: [], etag: '1' });
  });

  it('end at the drain with DRAINING, and go on elsewhere from the last cursor', async () => {
    const leaving = await startService('posts', { POSTS_DATABASE_URL: databaseUrl });
    await using client = createPostsClient(leaving.grpc, { maxAttempts: 1 });
    const seen: (string | undefined)[] = [];
    let cursor = '';
    const read = async () => {
      for await (const chunk of client.exportPosts({ chunkSize: 50 })) {
        if (seen.length === 0) leaving.signal('SIGTERM');
        seen.push(...chunk.posts.map(({ title }) => title));
        cursor = chunk.cursor;
      }
    };
    expect(await refusalOf(read())).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
    expect(await leaving.exited).toBe(0);
    expect(seen.length).toBeLessThan(count);
    await using other = createPostsClient(service.grpc);
    for await (const { posts } of other.exportPosts({ cursor })) seen.push(...posts.map(({ title }) => title));
    expect(seen).toEqual(titles);
  });
});

import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { createPostsClient, createUsersClient, type PostsClient } from '@tandem/contracts';
import { OnDuplicate } from '@tandem/contracts/posts';
import { waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, it } from 'vitest';
import { followPosts } from '../pair/follow-posts.ts';
import { importStream } from '../pair/import-stream.ts';
import { pickPort } from '../pair/pick-port.ts';
import { type RunningService, startService } from '../pair/start-service.ts';
import { usePostsDatabase } from '../support/use-posts-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

/** Each of the two at least once. */
const restarts = Math.max(2, scaled(6));
const exportedPosts = 60;

/** Work that goes on until it is told to stop; what it did is counted, what it could not do is thrown. */
interface Lane {
  readonly done: () => number;
  stop(): Promise<void>;
}

function startLane(work: () => Promise<void>): Lane {
  let [done, stopped] = [0, false];
  const working = (async () => {
    for (; !stopped; done += 1) await work();
  })();
  working.catch(() => {});
  return {
    done: () => done,
    async stop() {
      stopped = true;
      await working;
    },
  };
}

/** A stream that a restart ended is gone on from, as the docs say; all else is an error. */
async function untilWhole(stream: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await stream();
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable) throw error;
    }
  }
}

describe('rolling restarts of posts', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const users = owned.use(await startService('users', { USERS_DATABASE_URL: await useUsersDatabase() }));
  const shared = { POSTS_DATABASE_URL: await usePostsDatabase(), USERS_TARGET: users.grpc };
  const envs = await Promise.all(
    [1, 2].map(async () => ({ ...shared, POSTS_LISTEN: `127.0.0.1:${await pickPort()}`, LOG_LEVEL: 'debug' })),
  );
  const running = await Promise.all(envs.map((env) => startService('posts', env)));
  owned.defer(async () => {
    for (const service of running) await service[Symbol.asyncDispose]();
  });
  const client = owned.use(createPostsClient(`ipv4:${envs.map((env) => env.POSTS_LISTEN).join(',')}`));
  const authors = { reader: randomUUID(), writer: randomUUID(), importer: randomUUID() };

  async function prepare(): Promise<string[]> {
    await using people = createUsersClient(users.grpc);
    for (const userId of Object.values(authors)) {
      await people.createUser({ userId, email: `${userId}@drain.example`, name: 'Author' });
    }
    const rows = makeRows(authors.reader, exportedPosts);
    await client.importPosts(importStream(OnDuplicate.ERROR, rows));
    return rows.map(({ id }) => id).sort();
  }

  async function restart(n: number): Promise<void> {
    const service = running[n] as RunningService;
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(service.stderr.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
    running[n] = await startService('posts', envs[n] ?? {});
  }

  it('are seen by no caller that retries, and streams are gone on from with nothing lost or doubled', async () => {
    const exported = await prepare();
    const created: string[] = [];
    const imported: string[] = [];
    const filter = { authorIds: [authors.writer] };
    const follower = followPosts(() => client, filter);
    await follower.begun;
    const lanes = [
      startLane(async () => {
        const { post } = await client.createPost({ authorId: authors.writer, title: 'Written', published: true });
        created.push(post?.id ?? '');
      }),
      startLane(async () => {
        await client.listPosts({ filter: { authorId: authors.reader }, pageSize: 5 });
      }),
      startLane(async () => expect(await exportAll(client, authors.reader)).toEqual(exported)),
      startLane(async () => {
        const rows = makeRows(authors.importer, 30);
        await importAll(client, rows);
        imported.push(...rows.map(({ id }) => id));
      }),
    ];
    for (let n = 0; n < restarts; n += 1) {
      // A client that was not back at the one yet would find nobody when the other goes.
      await waitUntil(() => running.every(hasAnswered), { timeoutMs: 60_000 });
      const before = lanes.map(({ done }) => done());
      await restart(n % running.length);
      // Each kind of work has gone on beside it, or behind it.
      await waitUntil(() => lanes.every(({ done }, lane) => done() > (before[lane] ?? 0)), { timeoutMs: 60_000 });
    }
    for (const lane of lanes) await lane.stop();
    await waitUntil(() => follower.seen.length >= created.length, { timeoutMs: 30_000 });
    await follower.stop();
    expect(follower.seen.map((event) => event.split(' ')[1]).sort()).toEqual(created.toSorted());
    expect(await exportAll(client, authors.writer)).toEqual(created.toSorted());
    expect(await exportAll(client, authors.importer)).toEqual(imported.toSorted());
    console.log('drain:', { restarts, resumed: follower.resumed, done: lanes.map(({ done }) => done()) });
    expect(follower.resumed).toBeGreaterThan(0);
  });
});

function hasAnswered({ stderr }: RunningService): boolean {
  return stderr.some((line) => line.includes('"msg":"call answered"'));
}

function makeRows(authorId: string, count: number) {
  return Array.from({ length: count }, () => ({ id: randomUUID(), authorId, title: 'A row', content: 'Leeks' }));
}

/** The ids of an author's posts, by id; from the last cursor after each end. */
async function exportAll(client: PostsClient, authorId: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  await untilWhole(async () => {
    for await (const chunk of client.exportPosts({ filter: { authorId }, chunkSize: 7, cursor })) {
      ids.push(...chunk.posts.map(({ id }) => id));
      cursor = chunk.cursor;
    }
  });
  return ids;
}

/** All again where it ended: what is in is passed over. */
async function importAll(client: PostsClient, rows: ReturnType<typeof makeRows>): Promise<void> {
  const messages = [rows.slice(0, 10), rows.slice(10, 20), rows.slice(20)];
  await untilWhole(async () => {
    const { failed } = await client.importPosts(importStream(OnDuplicate.SKIP, ...messages));
    expect(failed).toBe(0n);
  });
}

import { randomUUID } from 'node:crypto';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { createPostsClient } from '@tandem/contracts';
import { OnDuplicate, PostEventKind, PostService, type WatchPostsResponse } from '@tandem/contracts/posts';
import { waitUntil } from '@tandem/dev-stack';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { followPosts, toText } from './pair/follow-posts.ts';
import { importStream } from './pair/import-stream.ts';
import { refusalOf } from './pair/refusal.ts';
import { startService } from './pair/start-service.ts';
import { usePair } from './pair/use-pair.ts';

type Watching = Pick<ReturnType<typeof createPostsClient>, 'watchPosts'>;

describe('posts that are watched', async () => {
  const { users, posts, postsService, postsEnv } = await usePair();
  const direct = new MongoClient(postsEnv.POSTS_DATABASE_URL ?? '');
  const author = randomUUID();
  const edge = createClient(PostService, createConnectTransport({ baseUrl: postsService.edge, httpVersion: '1.1' }));
  const web = createClient(PostService, createGrpcWebTransport({ baseUrl: postsService.edge, httpVersion: '1.1' }));
  beforeAll(() => users.createUser({ email: 'watched@e2e.example', name: 'Author', userId: author }));
  afterAll(() => direct.close());

  /** Message by message; the first, where it begins, has come. */
  async function open(client: Watching, request: Parameters<Watching['watchPosts']>[0] = {}) {
    const leaver = new AbortController();
    const messages = client.watchPosts(request, { signal: leaver.signal })[Symbol.asyncIterator]();
    let cursor = '';
    const next = async (): Promise<WatchPostsResponse> => {
      const { value } = await messages.next();
      cursor = value!.cursor;
      return value!;
    };
    const leave = async () => {
      leaver.abort();
      await messages.next().catch(() => undefined);
    };
    onTestFinished(leave);
    const first = request.cursor ? undefined : await next();
    return { first, next, leave, cursor: () => cursor };
  }

  const create = async (fields = {}) =>
    (await posts.createPost({ authorId: author, title: 'A title', content: 'Content', published: true, ...fields }))
      .post!;
  /** As importers change posts. */
  const change = (row: object) =>
    posts.importPosts(importStream(OnDuplicate.UPDATE, [{ authorId: author, title: 'A title', content: 'C', ...row }]));
  const eventOf = ({ payload }: WatchPostsResponse) => {
    if (payload.case !== 'event') throw new Error(`a ${payload.case} and no event`);
    return payload.value;
  };
  const countStreams = async () => {
    const ns = `${direct.db().databaseName}.posts`;
    const ops = [
      { $currentOp: { idleCursors: true, localOps: true } },
      // The keeper of search's figures follows the posts too; what watches are told leaves fields out.
      {
        $match: {
          ns,
          'cursor.originatingCommand.pipeline.$changeStream': { $exists: true },
          'cursor.originatingCommand.pipeline.$unset': { $exists: true },
        },
      },
    ];
    return (await direct.db('admin').aggregate(ops).toArray()).length;
  };

  it.each([
    ['the gRPC port', posts],
    ['the edge', edge],
    ['the edge, gRPC-Web', web],
  ])('are seen through the filter on %s', async (_, client) => {
    const tag = randomUUID();
    const { first, next } = await open(client, { filter: { tags: [tag], published: true } });
    expect(first).toMatchObject({ payload: { case: 'heartbeat' }, cursor: expect.stringMatching(/^.{40,1000}$/) });
    const draft = await create({ tags: [tag], published: false });
    const row = { id: draft.id, tags: [tag] };
    await create();
    await change({ ...row, published: true });
    await change({ ...row, title: 'Changed' });
    await change({ ...row, title: 'Withdrawn', tags: ['another'] });
    const [created, updated, deleted] = [eventOf(await next()), eventOf(await next()), eventOf(await next())];
    expect(created).toMatchObject({ kind: PostEventKind.CREATED, post: { id: draft.id, content: 'C' } });
    expect(updated).toMatchObject({ kind: PostEventKind.UPDATED, post: { title: 'Changed', content: 'C' } });
    expect(deleted).toMatchObject({ kind: PostEventKind.DELETED, post: { title: 'Changed', tags: [tag] } });
    expect(deleted.post?.content).toBeUndefined();
  });

  it('go on from a cursor on the other port', async () => {
    const filter = { authorId: author };
    const { next, leave } = await open(posts, { filter });
    const made = [await create(), await create(), await create()];
    const { cursor } = await next();
    await leave();
    const other = await open(edge, { filter, cursor });
    expect([eventOf(await other.next()).post, eventOf(await other.next()).post]).toEqual(made.slice(1));
  });

  it('ask for a cursor of the same filter', async () => {
    const { first } = await open(posts);
    const refused = { code: 'InvalidArgument', reason: 'CURSOR_INVALID', fields: ['cursor'] };
    for (const client of [posts, edge]) {
      for (const request of [{ cursor: 'none' }, { cursor: first!.cursor, filter: { authorId: author } }]) {
        expect(await refusalOf(client.watchPosts(request)[Symbol.asyncIterator]().next())).toMatchObject(refused);
      }
    }
  });

  it('tell of life within 15 s while nothing happens', async () => {
    const { next } = await open(posts, { filter: { authorId: randomUUID() } });
    const before = Date.now();
    expect(await next()).toMatchObject({ payload: { case: 'heartbeat' } });
    expect(Date.now() - before).toBeLessThan(15_000);
  });

  it('leave nothing in the database when callers go away or their time is over', async () => {
    const gone = [await open(posts), await open(edge), await open(web)];
    await waitUntil(async () => (await countStreams()) === 1, { timeoutMs: 60_000 });
    for (const { leave } of gone) await leave();
    const read = async () => {
      for await (const _ of posts.watchPosts({}, { timeoutMs: 500 }));
    };
    expect(await refusalOf(read())).toMatchObject({ code: 'DeadlineExceeded' });
    await waitUntil(async () => (await countStreams()) === 0, { timeoutMs: 60_000 });
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('go on in another process after %s', async (signal) => {
    const leaving = await startService('posts', { ...postsEnv, POSTS_LISTEN: '127.0.0.1:0' });
    await using client = createPostsClient(leaving.grpc, { maxAttempts: 1 });
    let [current, left]: [Watching, number] = [client, 0];
    const follower = followPosts(() => current, { authorId: author });
    await follower.begun;
    const made: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      const { id, etag } = await create();
      made.push(`CREATED ${id} ${etag}`);
      if (n === 10) leaving.signal(signal);
      if (n === 20) [current, left] = [posts, follower.seen.length];
    }
    await waitUntil(() => follower.seen.length >= made.length, { timeoutMs: 20_000 });
    await follower.stop();
    expect(follower.seen).toEqual(made);
    expect(left).toBeLessThan(made.length);
    expect(await leaving.exited).toBe(signal === 'SIGTERM' ? 0 : signal);
  });

  it('end at the drain with DRAINING, after a message with a cursor, on both ports', async () => {
    const leaving = await startService('posts', {
      ...postsEnv,
      POSTS_LISTEN: '127.0.0.1:0',
      SHUTDOWN_GRACE_MS: '60000',
    });
    await using client = createPostsClient(leaving.grpc, { maxAttempts: 1 });
    const overEdge = createClient(PostService, createConnectTransport({ baseUrl: leaving.edge, httpVersion: '1.1' }));
    const watches = [await open(client), await open(overEdge)];
    const ends = watches.map(({ next }) => refusalOf(next()));
    leaving.signal('SIGTERM');
    for (const end of ends) {
      expect(await end).toMatchObject({ code: 'Unavailable', reason: 'DRAINING', retry: true });
    }
    expect(await leaving.exited).toBe(0);
    const missed = await create();
    const { next } = await open(posts, { cursor: watches[0]!.first!.cursor });
    expect(toText(eventOf(await next()))).toBe(`CREATED ${missed.id} ${missed.etag}`);
  });

  it('end for who is too slow, and go on from its last cursor', { timeout: 300_000 }, async () => {
    const tag = randomUUID();
    const filter = { tags: [tag] };
    const [slow, fast] = [await open(posts, { filter }), await open(posts, { filter })];
    const content = 'x'.repeat(2 ** 20);
    const ids = Array.from({ length: 60 }, () => randomUUID());
    const rows = ids.map((id) => ({ id, authorId: author, title: 'Large', content, tags: [tag] }));
    const told: string[] = [];
    for (let begin = 0; begin < rows.length; begin += 3) {
      await posts.importPosts(importStream(OnDuplicate.ERROR, rows.slice(begin, begin + 3)));
      await readIds(fast, begin + 3, told);
    }
    const seen: string[] = [];
    const slowly = readIds(slow, ids.length, seen);
    expect(await refusalOf(slowly)).toMatchObject({ code: 'ResourceExhausted', reason: 'OVERLOADED', retry: true });
    expect(seen.length).toBeLessThan(ids.length);
    await readIds(await open(posts, { filter, cursor: slow.cursor() }), ids.length, seen);
    expect(seen).toEqual(ids);
  });

  /** Reads until so many ids of posts have been seen. */
  async function readIds({ next }: { next(): Promise<WatchPostsResponse> }, count: number, seen: string[] = []) {
    while (seen.length < count) {
      const { payload } = await next();
      if (payload.case === 'event') seen.push(payload.value.post!.id);
    }
    return seen;
  }
});

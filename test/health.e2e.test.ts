import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, createPostsClient, createUsersClient } from '@tandem/contracts';
import { Health, HealthCheckResponse_ServingStatus as Status } from '@tandem/contracts/wire';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { type RunningService, startService } from './pair/start-service.ts';
import { usePostsDatabase } from './support/use-posts-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

const names = {
  users: ['UserService', 'PointsService', 'SessionService'].map((name) => `tandem.users.v1.${name}`),
  posts: ['PostService', 'SearchService', 'AuthorService'].map((name) => `tandem.posts.v1.${name}`),
};

describe.each(['users', 'posts'] as const)('health of %s', { timeout: 180_000 }, async (side) => {
  const url = side === 'users' ? await useUsersDatabase() : await usePostsDatabase();

  /** The service with its database behind a proxy, and nobody at the peer's address. */
  async function useServiceBehindProxy() {
    const { hostname, port } = new URL(url);
    const proxy = await startTcpProxy({ targetPort: Number(port), targetHost: hostname });
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    proxied.hostname = '127.0.0.1';
    if (side === 'posts') {
      proxied.searchParams.delete('replicaSet');
      proxied.searchParams.set('directConnection', 'true');
    }
    const peer = { POSTS_TARGET: '127.0.0.1:1', USERS_TARGET: '127.0.0.1:1' };
    const service = await startService(side, { ...peer, [`${side.toUpperCase()}_DATABASE_URL`]: proxied.href });
    onTestFinished(async () => {
      proxy.resume();
      await service[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    });
    return { service, proxy };
  }

  function useHealth({ grpc }: RunningService) {
    const transport = createGrpcTransport(grpc, [], { maxAttempts: 1 });
    onTestFinished(() => transport[Symbol.asyncDispose]());
    const client = createClient(Health, transport);
    const check = async (service = '') => (await client.check({ service })).status;
    const list = async () => {
      const { statuses } = await client.list({});
      return Object.fromEntries(Object.entries(statuses).map(([name, { status }]) => [name, status]));
    };
    return { client, check, list };
  }

  it('follows the own database, live, whatever the peer does', async () => {
    const { service, proxy } = await useServiceBehindProxy();
    const { client, check, list } = useHealth(service);
    const all = ['', ...names[side]];
    const everywhere = (status: Status) => Object.fromEntries(all.map((name) => [name, status]));
    for (const name of all) expect(await check(name)).toBe(Status.SERVING);
    expect(await refusalOf(client.check({ service: 'no.such.Service' }))).toMatchObject({ code: 'NotFound' });
    expect(await list()).toEqual(everywhere(Status.SERVING));

    const seen: Status[] = [];
    const leave = new AbortController();
    const watching = (async () => {
      for await (const { status } of client.watch({ service: all[1]! }, { signal: leave.signal })) seen.push(status);
    })().catch(() => {});
    for (const fault of ['refuse', 'blackhole'] as const) {
      proxy[fault]();
      await waitUntil(async () => (await check()) === Status.NOT_SERVING, { timeoutMs: 60_000 });
      await waitUntil(() => seen.at(-1) === Status.NOT_SERVING, { timeoutMs: 60_000 });
      expect(await list()).toEqual(everywhere(Status.NOT_SERVING));
      expect((await fetch(`${service.edge}/healthz`)).status).toBe(503);
      proxy.resume();
      await waitUntil(async () => (await check()) === Status.SERVING, { timeoutMs: 60_000 });
      await waitUntil(() => seen.at(-1) === Status.SERVING, { timeoutMs: 60_000 });
    }
    leave.abort();
    await watching;
    // Twice away at least: on a busy machine the database may be slow to answer besides.
    expect(seen.filter((status) => status === Status.NOT_SERVING).length).toBeGreaterThanOrEqual(2);
    expect(seen[0]).toBe(Status.SERVING);
    expect(seen.filter((status, index) => status === seen[index - 1])).toEqual([]);
  });

  it('says NOT_SERVING to who watches when it drains, and ends the watch', async () => {
    const { service } = await useServiceBehindProxy();
    const { client } = useHealth(service);
    const watches = ['', ...names[side]].map((name) => client.watch({ service: name })[Symbol.asyncIterator]());
    const next = async () => await Promise.all(watches.map((watch) => watch.next()));
    expect((await next()).map(({ value }) => value?.status)).toEqual(watches.map(() => Status.SERVING));
    service.signal('SIGTERM');
    expect((await next()).map(({ value }) => value?.status)).toEqual(watches.map(() => Status.NOT_SERVING));
    expect((await next()).map(({ done }) => done)).toEqual(watches.map(() => true));
    expect(await service.exited).toBe(0);
  });

  it('while the database is away, calls are refused soon and say what to do', async () => {
    const { service, proxy } = await useServiceBehindProxy();
    const id = '00000000-0000-4000-8000-000000000001';
    await using users = createUsersClient(service.grpc, { maxAttempts: 1 });
    await using posts = createPostsClient(service.grpc, { maxAttempts: 1 });
    const read = () => (side === 'users' ? users.getUser({ id }) : posts.getPost({ id }));
    expect(await refusalOf(read())).toMatchObject({ code: 'NotFound' });
    proxy.refuse();
    // And not DEADLINE_EXCEEDED, which waiting for the database would end in.
    expect(await refusalOf(read())).toMatchObject({ code: 'Unavailable', reason: 'STORE_UNAVAILABLE', retry: true });
    proxy.resume();
    await waitUntil(async () => (await refusalOf(read())).code === 'NotFound', { timeoutMs: 60_000 });
  });

  it('a call whose caller set a deadline is answered at it, while the database is silent', async () => {
    const { service, proxy } = await useServiceBehindProxy();
    const path = side === 'users' ? 'tandem.users.v1.UserService/ListUsers' : 'tandem.posts.v1.PostService/ListPosts';
    const headers = { 'content-type': 'application/json', 'connect-timeout-ms': '400' };
    const serversOwnMs = 10_000; // what a page has without a deadline of its caller's
    proxy.blackhole();
    const startedAt = Date.now();
    const response = await fetch(`${service.edge}/${path}`, { method: 'POST', headers, body: '{}' });
    const answer = (await response.json()) as { details: { debug: { reason?: string } }[] };
    expect(Date.now() - startedAt).toBeLessThan(serversOwnMs);
    expect(response.status).toBe(504);
    expect(answer.details[0]?.debug.reason).toBe('DEADLINE_EXCEEDED');
  });
});

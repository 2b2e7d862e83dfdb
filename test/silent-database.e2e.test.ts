import { Code, type ConnectError } from '@connectrpc/connect';
import { createPostsClient, createUsersClient } from '@tandem/contracts';
import { startTcpProxy, type TcpProxy, waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { describeRefusal, refusalOf } from './pair/refusal.ts';
import { type RunningService, startService } from './pair/start-service.ts';
import { usePostsDatabase } from './support/use-posts-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

describe('SIGTERM of users while PostgreSQL is silent', { timeout: 180_000 }, async () => {
  const databaseUrl = await useUsersDatabase();

  it('ends it with 0 after its grace, every call told so, and the log names what was given up', async () => {
    await using proxy = await startTcpProxy({ targetPort: Number(new URL(databaseUrl).port) });
    const proxied = new URL(databaseUrl);
    proxied.port = String(proxy.port);
    await using service = await startService('users', {
      USERS_DATABASE_URL: proxied.href,
      SHUTDOWN_GRACE_MS: '1500',
    });
    await using client = createUsersClient(service.grpc, { maxAttempts: 1 });
    // A connection for each of the calls below: one that has yet to be opened is given up sooner than a drain ends.
    await Promise.all([client.listUsers({}), client.listUsers({}), client.listUsers({})]);
    proxy.blackhole();
    // Longer than a connection is ever lent for: nothing but the drain's own end can end them in time.
    const longestLeaseMs = 15_000;
    const ask = (requestId: string) => ({ timeoutMs: 2 * longestLeaseMs, headers: { 'x-request-id': requestId } });
    const calls = [
      client.createUser({ email: 'silent@drain.example', name: 'Silent' }, ask('create')),
      client.getUser({ id: '00000000-0000-4000-8000-000000000001' }, ask('get')),
      client.listUsers({ pageSize: 3 }, ask('list')),
    ].map((call) =>
      call.then(
        () => 'answered',
        (error: ConnectError) => describeRefusal(error),
      ),
    );
    await waitUntil(async () => (await countInFlight(service.edge)) === calls.length, { timeoutMs: 20_000 });
    const startedAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(longestLeaseMs - 3_000);
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ code: Code[Code.Unavailable], reason: 'DRAINING' });
    }
    const givenUp = service.stderr.map((line) => JSON.parse(line)).filter(({ reason }) => reason === 'DRAINING');
    expect(givenUp.map(({ requestId }) => requestId).sort()).toEqual(['create', 'get', 'list']);
  });
});

describe('SIGTERM while the database of an importer is silent', { timeout: 180_000 }, async () => {
  const [usersUrl, postsUrl] = [await useUsersDatabase(), await usePostsDatabase()];

  it('ends users soon after its grace, and the importer learns how many rows are in', async () => {
    await using proxy = await startProxy(usersUrl);
    await using service = await startService('users', { USERS_DATABASE_URL: proxy.url, SHUTDOWN_GRACE_MS: '500' });
    await using client = createUsersClient(service.grpc, { maxAttempts: 1 });
    const importRows = endlessImport((n) => ({ name: `Row ${n}`, email: `row${n}@silence.example` }));
    const refusal = client.importUsers(importRows.requests).then(() => undefined, describeRefusal);
    await expectTold({ service, proxy, importRows, refusal, ask: () => client.getUser({ id: 'none' }) });
  });

  it('ends posts soon after its grace, and the importer learns how many rows are in', async () => {
    await using users = await startService('users', { USERS_DATABASE_URL: usersUrl });
    await using people = createUsersClient(users.grpc);
    const { user } = await people.createUser({ name: 'Author', email: 'author@silence.example' });
    await using proxy = await startProxy(postsUrl);
    await using service = await startService('posts', {
      POSTS_DATABASE_URL: proxy.url,
      USERS_TARGET: users.grpc,
      SHUTDOWN_GRACE_MS: '500',
    });
    await using client = createPostsClient(service.grpc, { maxAttempts: 1 });
    const importRows = endlessImport((n) => ({ title: `Row ${n}`, authorId: user!.id }));
    const refusal = client.importPosts(importRows.requests).then(() => undefined, describeRefusal);
    await expectTold({ service, proxy, importRows, refusal, ask: () => client.getPost({ id: 'none' }) });
  });
});

/** One message is in, the next is at work and gets no further. */
async function expectTold({ service, proxy, importRows, refusal, ask }: SilentImport): Promise<void> {
  await waitUntil(() => isLogged(service, 'import: rows are in'), { timeoutMs: 20_000 });
  proxy.blackhole();
  importRows.next();
  await importRows.asked;
  await refusalOf(ask()); // on the same connection: what was sent before it has arrived
  service.signal('SIGTERM');
  expect(await service.exited).toBe(0);
  expect(await refusal).toMatchObject({
    code: 'Unavailable',
    reason: 'DRAINING',
    message: expect.stringMatching(/the first 1 rows \(1 imported, .*with SKIP/),
  });
}

interface SilentImport {
  readonly service: RunningService;
  readonly proxy: TcpProxy;
  readonly importRows: { next(): void; readonly asked: Promise<void> };
  readonly refusal: Promise<unknown>;
  /** Makes a call that is refused without the database. */
  readonly ask: () => Promise<unknown>;
}

/** Sends a message of one row, when it is told to another, and then nothing. */
function endlessImport<Row>(makeRow: (n: number) => Row) {
  const told = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const rows = (n: number) => ({ payload: { case: 'rows' as const, value: { rows: [makeRow(n)] } } });
  async function* requests() {
    yield { payload: { case: 'options' as const, value: {} } };
    yield rows(1);
    await told.promise;
    yield rows(2);
    asked.resolve();
    await new Promise<never>(() => {});
  }
  return { requests: requests(), next: told.resolve, asked: asked.promise };
}

async function startProxy(url: string): Promise<TcpProxy & { readonly url: string }> {
  const proxied = new URL(url);
  const proxy = await startTcpProxy({ targetPort: Number(proxied.port) });
  proxied.port = String(proxy.port);
  return Object.assign(proxy, { url: proxied.href });
}

function isLogged({ stderr }: RunningService, text: string): boolean {
  return stderr.some((line) => line.includes(text));
}

/** Calls that the service has begun and not ended, of all cost classes. */
async function countInFlight(edge: string): Promise<number> {
  const text = await (await fetch(`${edge}/metrics`)).text();
  const counts = [...text.matchAll(/^tandem_calls_in_flight\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count, 0);
}

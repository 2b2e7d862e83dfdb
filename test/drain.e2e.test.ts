import { Agent, request as httpRequest } from 'node:http';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { createUsersClient, type UsersClient } from '@tandem/contracts';
import { UserService } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { waitUntil } from '@tandem/dev-stack';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pickPort } from './pair/pick-port.ts';
import { readCallLog } from './pair/read-call-log.ts';
import { type EndedCall, type LoadCall, startLoad } from './pair/start-load.ts';
import { type RunningService, startService } from './pair/start-service.ts';
import { useGate } from './pair/use-gate.ts';
import { queryDatabase } from './support/query-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

type Changer = Pick<UsersClient, 'createUser' | 'updateUser'>;

const overEdge = (transport: Transport): Changer => createClient(UserService, transport);
const ports: [string, (service: RunningService) => Changer][] = [
  ['the gRPC port', ({ grpc }) => useUsersClient(grpc)],
  [
    'the edge, Connect over HTTP/1.1',
    ({ edge }) => overEdge(createConnectTransport({ baseUrl: edge, httpVersion: '1.1' })),
  ],
  [
    'the edge, Connect over HTTP/2',
    ({ edge }) => overEdge(createConnectTransport({ baseUrl: edge, httpVersion: '2' })),
  ],
  ['the edge, gRPC-Web', ({ edge }) => overEdge(createGrpcWebTransport({ baseUrl: edge, httpVersion: '1.1' }))],
];

describe('SIGTERM while calls are held up in the database', { timeout: 180_000 }, async () => {
  const databaseUrl = await useUsersDatabase();

  it.each(ports)('answers each call that had been begun, on %s', async (port, connect) => {
    const { query, countHeld, open } = await useGate(databaseUrl);
    await using service = await startService('users', {
      USERS_DATABASE_URL: databaseUrl,
      SHUTDOWN_GRACE_MS: '20000',
    });
    const client = connect(service);
    const names = Array.from({ length: 6 }, (_, n) => `${port} ${n}`);
    const created = names.map((_, n) =>
      client.createUser({ name: 'as created', email: `held${n}.${Math.random()}@drain.example` }),
    );
    const ids = (await Promise.all(created)).map(({ user }) => user!.id);
    const calls = names.map((name, n) => client.updateUser({ user: { id: ids[n]!, name } }, { timeoutMs: 20_000 }));
    const answers = Promise.all(calls);
    await waitUntil(async () => (await countHeld()) === names.length, { timeoutMs: 15_000 });
    service.signal('SIGTERM');
    await waitUntil(() => isRefusing(service.edge), { timeoutMs: 20_000 });
    await open();
    expect((await answers).map(({ user }) => user?.name)).toEqual(names);
    expect(await service.exited).toBe(0);
    const { rows } = await query('SELECT name FROM users WHERE id = ANY($1::uuid[]) ORDER BY name', [ids]);
    expect(rows.map(({ name }) => name)).toEqual(names);
  });
});

describe('SIGTERM under load', { timeout: 180_000 }, async () => {
  const databaseUrl = await useUsersDatabase();
  // At this level the service tells of every call how it ended.
  const env = { USERS_DATABASE_URL: databaseUrl, LOG_LEVEL: 'debug' };

  it('of the gRPC port: a call without an answer was never begun', async () => {
    const service = await startService('users', env);
    const client = useUsersClient(service.grpc);
    const work = startLoad('gRPC', ({ request, requestId }) =>
      client.createUser(request, { headers: { 'x-request-id': requestId } }).then(
        () => 'OK',
        (error) => Code[ConnectError.from(error).code],
      ),
    );
    await work.answered(100);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const calls = await work.stop();
    expectNoneLost(calls, service);
    expect(calls.filter(({ outcome }) => !['OK', 'Unavailable'].includes(outcome))).toEqual([]);
    expect(await countUsers(databaseUrl, 'gRPC')).toBe(calls.filter(({ outcome }) => outcome === 'OK').length);
  });

  it('of the edge: what was written before it is answered, and a call without an answer was never begun', async () => {
    const service = await startService('users', env);
    const agent = new Agent({ keepAlive: true, maxSockets: 12 });
    onTestFinished(() => agent.destroy());
    const underWay = new Set<string>();
    const work = startLoad('edge', (call) => post({ service, agent, underWay }, call));
    await work.answered(100);
    await waitUntil(() => underWay.size > 0, { timeoutMs: 20_000, pollMs: 0 });
    const taken = new Set(underWay);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const calls = await work.stop();
    const outcomes = new Map(calls.map(({ requestId, outcome }) => [requestId, outcome]));
    expect([...taken].map((requestId) => outcomes.get(requestId))).toEqual([...taken].map(() => 'OK'));
    expectNoneLost(calls, service);
    expect(await countUsers(databaseUrl, 'edge')).toBe(calls.filter(({ outcome }) => outcome === 'OK').length);
  });

  it('of one replica after the other is seen by no client that retries', async () => {
    const replicas = await Promise.all(
      [1, 2].map(async () => ({ ...env, USERS_LISTEN: `127.0.0.1:${await pickPort()}` })),
    );
    let running = await Promise.all(replicas.map((replica) => startService('users', replica)));
    onTestFinished(async () => {
      for (const service of running) await service[Symbol.asyncDispose]();
    });
    await using client = createUsersClient(`ipv4:${running.map(({ grpc }) => grpc).join(',')}`);
    const errors: unknown[] = [];
    const send = ({ request, requestId }: LoadCall, n: number) => {
      const options = { headers: { 'x-request-id': requestId } };
      const call = n % 4 ? client.listUsers({ pageSize: 5 }, options) : client.createUser(request, options);
      return call.then(
        () => (n % 4 ? 'read' : 'OK'),
        (error) => `${errors.push(error)}`,
      );
    };
    // Services start beside it: it must leave them something of the machine.
    const work = startLoad('rolling', send, { lanes: 8, restMs: 20 });
    for (const [n, replica] of replicas.entries()) {
      await waitUntil(() => running.every(hasAnswered), { timeoutMs: 20_000 });
      running[n]!.signal('SIGTERM');
      expect(await running[n]!.exited).toBe(0);
      const back = await startService('users', replica);
      running = running.with(n, back);
    }
    await waitUntil(() => running.every(hasAnswered), { timeoutMs: 20_000 });
    const calls = await work.stop();
    expect(errors).toEqual([]);
    expect(await countUsers(databaseUrl, 'rolling')).toBe(calls.filter(({ outcome }) => outcome === 'OK').length);
  });

  it('does not wait for an importer, who learns how many rows are in', async () => {
    const service = await startService('users', { USERS_DATABASE_URL: databaseUrl, SHUTDOWN_GRACE_MS: '3600000' });
    await using client = createUsersClient(service.grpc);
    const names = Array.from({ length: 3 }, (_, n) => `Imported in drain ${n}`);
    const rows = names.map((name) => ({ name, email: `${Math.random()}@import.example` }));
    const options = { payload: { case: 'options' as const, value: {} } };
    const chunk = { payload: { case: 'rows' as const, value: { rows } } };
    const requests = async function* () {
      yield options;
      yield chunk;
      await new Promise(() => {});
    };
    const call = client.importUsers(requests()).catch((error: ConnectError) => error);
    const filter = { namePrefix: 'Imported in drain' };
    const allIn = async () => (await client.listUsers({ filter })).users.length === rows.length;
    await waitUntil(allIn, { timeoutMs: 60_000 });
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const error = await call;
    expect(error).toMatchObject({ code: Code.Unavailable });
    expect((error as ConnectError).findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'DRAINING', metadata: { rows_taken: '3', imported: '3' } },
    ]);
  });
});

function useUsersClient(target: string): UsersClient {
  const client = createUsersClient(target, { maxAttempts: 1 });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

async function isRefusing(edge: string): Promise<boolean> {
  return await fetch(`${edge}/healthz`).then(
    () => false,
    () => true,
  );
}

interface KeptConnections {
  readonly service: RunningService;
  readonly agent: Agent;
  /** The calls whose request has left whole, on a connection that has answered before, and that have no answer yet. */
  readonly underWay: Set<string>;
}

/** Creates a user by JSON over HTTP/1.1. */
function post({ service, agent, underWay }: KeptConnections, { requestId, request }: LoadCall): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
  return new Promise<string>((resolve) => {
    const url = `${service.edge}/${UserService.typeName}/CreateUser`;
    const call = httpRequest(url, { agent, method: 'POST', headers }, (response) => {
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      response.once('end', () => resolve(response.statusCode === 200 ? 'OK' : `HTTP ${response.statusCode}`)).resume();
    });
    call.once('finish', () => {
      if (call.reusedSocket) underWay.add(requestId);
    });
    call.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end(JSON.stringify(request));
  }).finally(() => underWay.delete(requestId));
}

/** A call that got no answer is not among those that the service began, unless it was told DRAINING before. */
function expectNoneLost(calls: readonly EndedCall[], service: RunningService): void {
  const log = readCallLog(service);
  const ok = calls.filter(({ outcome }) => outcome === 'OK');
  expect(ok.filter(({ requestId }) => log.get(requestId)?.code !== 'OK')).toEqual([]);
  const failed = calls.filter(({ outcome }) => outcome !== 'OK');
  const begun = failed.map(({ requestId }) => ({ requestId, ...log.get(requestId) })).filter(({ code }) => code);
  expect(begun.filter(({ reason }) => reason !== 'DRAINING')).toEqual([]);
}

function hasAnswered({ stderr }: RunningService): boolean {
  return stderr.some((line) => line.includes('"msg":"call answered"'));
}

/** What is really there, past every service. */
async function countUsers(databaseUrl: string, name: string): Promise<number> {
  const [row] = await queryDatabase<{ count: number }>(
    databaseUrl,
    'SELECT count(*)::int AS count FROM users WHERE name = $1',
    [name],
  );
  return row!.count;
}

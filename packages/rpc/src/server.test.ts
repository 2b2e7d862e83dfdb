import { createServer } from 'node:net';
import { BadRequestSchema, RetryInfoSchema } from '@tandem/contracts/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';
import { formatAddress } from './listen-address.ts';
import { outcomeOf, useServer, watchHeaders } from './testing/use-server.ts';

const id = '0190abcd-0000-7000-8000-000000000001';
const ports = ['grpc', 'edge', 'grpcWeb'] as const;
/** Clocks are read in whole milliseconds, more than once on the way. */
const roundingMs = 3;
const handlers = { getUser: async ({ id: asked }: { id: string }) => ({ user: { id: asked, name: 'Ann' } }) };

describe.each(ports)('a call on the %s port', (port) => {
  it('is answered', async () => {
    const { clients } = await useServer(handlers);
    expect((await clients[port].getUser({ id })).user).toMatchObject({ id, name: 'Ann' });
  });

  it('gets its request id back, with a refusal too', async () => {
    const { clients } = await useServer(handlers);
    const headers = watchHeaders();
    await clients[port].getUser({ id }, { ...headers, headers: { 'x-request-id': 'mine-1' } });
    expect(headers.seen.get('x-request-id')).toBe('mine-1');
    const { error } = await outcomeOf(clients[port].getUser({ id: 'x' }, { headers: { 'x-request-id': 'mine-2' } }));
    expect(error?.metadata.get('x-request-id')).toBe('mine-2');
  });

  it.each(['', 'x'.repeat(129), 'two words'])('gets a request id made where its own is none (%j)', async (given) => {
    const { clients } = await useServer(handlers);
    const headers = watchHeaders();
    await clients[port].getUser({ id }, { ...headers, headers: { 'x-request-id': given } });
    expect(headers.seen.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('tells its handler the request id, the caller, the trace context and the deadline', async () => {
    let told: Call | undefined;
    const getUser = async (_: unknown, call: Call) => {
      told = call;
      return {};
    };
    const { clients } = await useServer({ getUser });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const before = Date.now();
    await clients[port].getUser({ id }, { timeoutMs: 3000, headers: { traceparent, 'x-request-id': 'r' } });
    expect(told).toMatchObject({ requestId: 'r', caller: 'anonymous', traceparent, claim: undefined });
    expect(told?.deadline).toBeGreaterThanOrEqual(before + 3000 - roundingMs);
    expect(told?.deadline).toBeLessThanOrEqual(Date.now() + 3000);
  });

  it.each([
    ['5 s where it states none', undefined, 5000],
    ['60 s at most', 3_600_000, 60_000],
    ['60 s at most, though no timer holds what it asks', 2 ** 33, 60_000],
  ])('has %s', async (_, timeoutMs, expectedMs) => {
    let until = 0;
    const getUser = async (_request: unknown, { deadline }: Call) => {
      until = deadline;
      return {};
    };
    const { clients } = await useServer({ getUser });
    const before = Date.now();
    await clients[port].getUser({ id }, timeoutMs === undefined ? {} : { headers: toTimeout(port, timeoutMs) });
    expect(until).toBeGreaterThanOrEqual(before + expectedMs - roundingMs);
    expect(until).toBeLessThanOrEqual(Date.now() + expectedMs);
  });

  it('is refused with the field paths where it is not valid', async () => {
    const { clients } = await useServer({ batchGetUsers: async () => ({}) });
    const { code, reason, error } = await outcomeOf(clients[port].batchGetUsers({ ids: [id, 'x'] }));
    expect([code, reason]).toEqual(['InvalidArgument', 'FIELD_INVALID']);
    expect(error?.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('ids[1]');
  });

  it('reads ids in capitals as lower case', async () => {
    const { clients } = await useServer(handlers);
    expect((await clients[port].getUser({ id: id.toUpperCase() })).user?.id).toBe(id);
  });

  it('is NOT_IMPLEMENTED where the method has no handler, whatever it holds', async () => {
    const { clients } = await useServer(handlers);
    const { code, reason } = await outcomeOf(clients[port].listUsers({ pageSize: -1 }));
    expect([code, reason]).toEqual(['Unimplemented', 'NOT_IMPLEMENTED']);
  });

  it('is refused with what its handler threw', async () => {
    const getUser = async () => {
      throw new TandemError('STORE_UNAVAILABLE', 'The users database cannot be reached. Try again.');
    };
    const { clients } = await useServer({ getUser });
    const outcome = await outcomeOf(clients[port].getUser({ id }));
    expect(outcome).toMatchObject({ code: 'Unavailable', reason: 'STORE_UNAVAILABLE' });
    expect(outcome.message).toBe('The users database cannot be reached. Try again.');
    expect(outcome.error?.findDetails(RetryInfoSchema)).toHaveLength(1);
  });

  it('is INTERNAL after a defect, which only the log tells about', async () => {
    const getUser = async () => {
      throw Object.assign(new Error('driver: boom'), { detail: 'Key (email)=(ann@example.com)' });
    };
    const { clients, logged } = await useServer({ getUser });
    const outcome = await outcomeOf(clients[port].getUser({ id }, { headers: { 'x-request-id': 'find-me' } }));
    expect(outcome).toMatchObject({ code: 'Internal', reason: 'INTERNAL' });
    expect(outcome.message).toContain('find-me');
    expect(JSON.stringify(outcome.error)).not.toContain('boom');
    const line = logged.find(({ requestId }) => requestId === 'find-me');
    expect(line).toMatchObject({ code: 'INTERNAL', stack: expect.stringContaining('driver: boom') });
    expect(JSON.stringify(logged)).not.toContain('ann@example.com');
  });

  it('is INTERNAL where the reply cannot be encoded', async () => {
    const getUser = async () => ({ user: { points: 'many' as unknown as bigint } });
    const { clients } = await useServer({ getUser });
    expect(await outcomeOf(clients[port].getUser({ id }))).toMatchObject({ code: 'Internal', reason: 'INTERNAL' });
  });

  it('is RESPONSE_TOO_LARGE where the reply is beyond 4 MiB', async () => {
    const { clients } = await useServer({ getUser: async () => ({ user: { name: 'x'.repeat(4 * 1024 * 1024) } }) });
    const { code, reason } = await outcomeOf(clients[port].getUser({ id }));
    expect([code, reason]).toEqual(['FailedPrecondition', 'RESPONSE_TOO_LARGE']);
  });

  it('is answered at its deadline, with the signal of a handler that overruns aborted', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const getUser = (_: unknown, { signal }: Call) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      return new Promise<never>(() => {});
    };
    const { clients, logged } = await useServer({ getUser }, { shutdownGraceMs: 0 });
    const { code } = await outcomeOf(clients[port].getUser({ id }, { headers: toTimeout(port, 150) }));
    expect(code).toBe('DeadlineExceeded');
    expect(await aborted.promise).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    expect(logged).toContainEqual(expect.objectContaining({ code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED' }));
  });

  it('aborts the signal when its caller goes away', async () => {
    const started = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<unknown>();
    const getUser = (_: unknown, { signal }: Call) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      started.resolve();
      return new Promise<never>(() => {});
    };
    const { clients } = await useServer({ getUser }, { shutdownGraceMs: 0 });
    const leaver = new AbortController();
    const outcome = outcomeOf(clients[port].getUser({ id }, { signal: leaver.signal }));
    await started.promise;
    leaver.abort();
    expect(await aborted.promise).toMatchObject({ reason: 'CANCELLED' });
    expect((await outcome).code).toBe('Canceled');
  });

  it('is turned away at once where too many of its class are in flight, health being answered still', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const getUser = async () => {
      started.resolve();
      await gate.promise;
      return {};
    };
    const server = await useServer({ getUser }, { limits: { inFlight: { POINT: 1 } } });
    const first = server.clients[port].getUser({ id });
    await started.promise;
    const outcome = await outcomeOf(server.clients[port].getUser({ id }));
    expect(outcome).toMatchObject({ code: 'ResourceExhausted', reason: 'OVERLOADED' });
    expect(outcome.error?.findDetails(RetryInfoSchema)).toHaveLength(1);
    expect((await fetch(`http://127.0.0.1:${server.edge.port}/healthz`)).status).toBe(200);
    gate.resolve();
    await first;
    expect((await outcomeOf(server.clients[port].getUser({ id }))).code).toBe('OK');
  });
});

describe('a server', () => {
  it('shows its metrics', async () => {
    const server = await useServer(handlers);
    await server.clients.grpc.getUser({ id });
    const text = await (await fetch(`http://127.0.0.1:${server.edge.port}/metrics`)).text();
    expect(text).toContain('tandem_calls_total{method="tandem.users.v1.UserService/GetUser",code="OK"} 1');
    expect(text).toContain('tandem_calls_in_flight{cost_class="POINT"} 0');
    expect(text).toContain('process_cpu_seconds_total');
  });

  it.each([
    ['too large', { body: 'x'.repeat(5_000_000) }, 'RESOURCE_EXHAUSTED'],
    ['too slow', { body: stalled(), duplex: 'half', timeoutMs: '50' }, 'DEADLINE_EXCEEDED'],
  ])('sees a request like any other that does not come whole on the edge: %s', async (_, request, code) => {
    const { edge, logged } = await useServer(handlers);
    const origin = `http://${formatAddress(edge)}`;
    const headers = {
      'content-type': 'application/proto',
      'x-request-id': 'mine',
      ...('timeoutMs' in request ? { 'connect-timeout-ms': request.timeoutMs } : {}),
    };
    const init = { method: 'POST', headers, ...request } as RequestInit;
    const reply = await fetch(`${origin}/tandem.users.v1.UserService/GetUser`, init);
    expect(reply.headers.get('x-request-id')).toBe('mine');
    expect(await reply.json()).toMatchObject({ code: code.toLowerCase() });
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'call refused', requestId: 'mine', code }));
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    expect(metrics).toContain(`tandem_calls_total{method="tandem.users.v1.UserService/GetUser",code="${code}"} 1`);
  });

  it('logs nothing of what a request holds', async () => {
    const { clients, logged } = await useServer({ getUserByEmail: async () => ({}) });
    await clients.grpc.getUserByEmail({ email: 'ann@example.com' });
    await outcomeOf(clients.grpc.getUserByEmail({ email: 'ann@example' }));
    expect(logged.filter(({ method }) => method)).toHaveLength(2);
    expect(JSON.stringify(logged)).not.toContain('ann@');
  });

  it('with open access does not start beyond loopback', async () => {
    const anywhere = { host: '0.0.0.0', port: 0 };
    await expect(useServer(handlers, { listen: anywhere })).rejects.toThrow('will not listen on 0.0.0.0');
    await expect(useServer(handlers, { edgeListen: anywhere })).rejects.toThrow('will not listen on 0.0.0.0');
  });

  it('does not start without records where a method takes a request_id', async () => {
    await expect(useServer({ updateUser: async () => ({}) })).rejects.toThrow('UpdateUser takes a request_id');
  });

  it.each(['listen', 'edgeListen'] as const)(
    'says in one line that the port of %s is in use, and leaves nothing listening',
    async (which) => {
      const port = await useTakenPort();
      const other = await findFreePort();
      const host = '127.0.0.1';
      const options = { listen: { host, port: other }, edgeListen: { host, port: other }, [which]: { host, port } };
      await expect(useServer(handlers, options)).rejects.toThrow(
        new RegExp(`^users cannot listen on 127\\.0\\.0\\.1:${port} \\(.*\\): the port is in use;.*$`),
      );
      await expect(fetch(`http://127.0.0.1:${other}/healthz`)).rejects.toThrow('fetch failed');
    },
  );
});

function toTimeout(port: (typeof ports)[number], ms: number): Record<string, string> {
  if (port === 'edge') return { 'connect-timeout-ms': String(ms) };
  return { 'grpc-timeout': ms < 1e8 ? `${ms}m` : `${Math.floor(ms / 1000)}S` };
}

async function useTakenPort(): Promise<number> {
  const taken = createServer();
  onTestFinished(() => void taken.close());
  return await listenAnywhere(taken);
}

async function findFreePort(): Promise<number> {
  const free = createServer();
  const port = await listenAnywhere(free);
  await new Promise((resolve) => free.close(resolve));
  return port;
}

function listenAnywhere(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

/** Some of a body, and nothing after it. */
function stalled(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(10)) });
}

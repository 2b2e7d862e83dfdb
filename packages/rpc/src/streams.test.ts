import { once } from 'node:events';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import type { MessageShape } from '@bufbuild/protobuf';
import type { ImportUsersRequestSchema, UserService } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';
import type { Handlers } from './handler.ts';
import { outcomeOf, useServer } from './testing/use-server.ts';

const rows = (count: number) => ({
  payload: { case: 'rows' as const, value: { rows: Array(count).fill({ email: 'x' }) } },
});
const options = { payload: { case: 'options' as const, value: {} } };

async function* messages(...all: (typeof options | ReturnType<typeof rows>)[]) {
  yield* all;
}

async function countRows(requests: AsyncIterable<MessageShape<typeof ImportUsersRequestSchema>>) {
  let imported = 0n;
  for await (const { payload } of requests) {
    if (payload.case === 'rows') imported += BigInt(payload.value.rows.length);
  }
  return { imported };
}

describe.each(['grpc', 'edge', 'grpcWeb'] as const)('a client stream on the %s port', (port) => {
  it('hands its messages to the handler, and has no deadline of the server’s', async () => {
    let deadline = 0;
    const importUsers = (requests: Parameters<typeof countRows>[0], call: Call) => {
      deadline = call.deadline;
      return countRows(requests);
    };
    const { clients } = await useServer({ importUsers });
    expect((await clients[port].importUsers(messages(options, rows(2), rows(3)))).imported).toBe(5n);
    expect(deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('has its caller’s deadline, however far: the cap is for unary calls', async () => {
    const hour = 3_600_000;
    let deadline = 0;
    const importUsers = (requests: Parameters<typeof countRows>[0], call: Call) => {
      deadline = call.deadline;
      return countRows(requests);
    };
    const { clients } = await useServer({ importUsers });
    const before = Date.now();
    await clients[port].importUsers(messages(options, rows(1)), { timeoutMs: hour });
    expect(deadline).toBeGreaterThan(before + hour - 60_000);
    expect(deadline).toBeLessThanOrEqual(Date.now() + hour);
  });

  it('is refused at the first message that is not valid', async () => {
    const { clients } = await useServer({ importUsers: countRows });
    const outcome = await outcomeOf(clients[port].importUsers(messages(options, rows(1001))));
    expect(outcome).toMatchObject({ code: 'InvalidArgument', reason: 'FIELD_INVALID' });
  });

  it('is NOT_IMPLEMENTED where there is no handler', async () => {
    const { clients } = await useServer({});
    const outcome = await outcomeOf(clients[port].importUsers(messages(options)));
    expect(outcome).toMatchObject({ code: 'Unimplemented', reason: 'NOT_IMPLEMENTED' });
  });
});

describe.each(['grpc', 'edge', 'grpcWeb'] as const)('a server stream on the %s port', (port) => {
  it.each([undefined, 3_600_000])('has its caller’s deadline (%s ms) or none', async (timeoutMs) => {
    let deadline = 0;
    const { clients } = await useServer({
      async *exportUsers(_: unknown, call: Call) {
        deadline = call.deadline;
        yield { cursor: '1' };
      },
    });
    const before = Date.now();
    for await (const _ of clients[port].exportUsers({}, timeoutMs === undefined ? {} : { timeoutMs }));
    if (timeoutMs === undefined) expect(deadline).toBe(Number.POSITIVE_INFINITY);
    else expect(deadline).toBeGreaterThan(before + timeoutMs - 60_000);
  });

  it('gives what the handler yields', async () => {
    async function* exportUsers() {
      yield { users: [{ name: 'Ann' }], cursor: '1' };
      yield { users: [{ name: 'Ben' }], cursor: '2' };
    }
    const { clients } = await useServer({ exportUsers });
    const names: string[] = [];
    for await (const { users } of clients[port].exportUsers({})) names.push(...users.map(({ name }) => `${name}`));
    expect(names).toEqual(['Ann', 'Ben']);
  });

  it('ends with what the handler throws, after what it yielded', async () => {
    async function* exportUsers() {
      yield { cursor: '1' };
      throw new TandemError('CURSOR_EXPIRED', 'Begin again.');
    }
    const { clients } = await useServer({ exportUsers });
    const seen: string[] = [];
    const outcome = await outcomeOf(readInto(seen, clients[port].exportUsers({})));
    expect(seen).toEqual(['1']);
    expect(outcome).toMatchObject({ code: 'OutOfRange', reason: 'CURSOR_EXPIRED' });
  });

  it('is refused before the handler runs where the request is not valid', async () => {
    let ran = false;
    async function* exportUsers() {
      ran = true;
      yield {};
    }
    const { clients } = await useServer({ exportUsers });
    const outcome = await outcomeOf(readInto([], clients[port].exportUsers({ chunkSize: -1 })));
    expect(outcome).toMatchObject({ code: 'InvalidArgument', reason: 'FIELD_INVALID' });
    expect(ran).toBe(false);
  });

  it('lets its handler clean up when the reader goes away while it waits', async () => {
    const cleaned = Promise.withResolvers<unknown>();
    async function* exportUsers(_: unknown, { signal }: Call) {
      try {
        yield { cursor: '1' };
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      } catch (reason) {
        cleaned.resolve(reason);
      }
    }
    const { clients } = await useServer({ exportUsers });
    await readOne((call) => clients[port].exportUsers({}, call));
    expect(await cleaned.promise).toMatchObject({ reason: 'CANCELLED' });
  });

  it('holds its place until the handler is really done', async () => {
    const gate = Promise.withResolvers<void>();
    async function* exportUsers() {
      try {
        yield { cursor: '1' };
      } finally {
        await gate.promise;
      }
    }
    const { clients, logged } = await useServer({ exportUsers }, { limits: { inFlight: { STREAM: 1 } } });
    await readOne((call) => clients[port].exportUsers({}, call));
    await waitFor(() => logged.some(({ reason }) => reason === 'CANCELLED'));
    expect(await outcomeOf(readInto([], clients[port].exportUsers({})))).toMatchObject({ reason: 'OVERLOADED' });
    gate.resolve();
    expect(await outcomeOf(readInto([], clients[port].exportUsers({})))).toMatchObject({ code: 'OK' });
  });
});

describe.each(['grpc', 'edge'] as const)('a server stream on the %s port that nobody reads', (port) => {
  const limits = { inFlight: { STREAM: 1 }, maxReaderPauseMs: 200 };

  it('is ended after a while: its place is free, and what ended it stands behind what was not read', async () => {
    const cleaned = Promise.withResolvers<void>();
    async function* exportUsers() {
      try {
        for (;;) yield { cursor: 'x'.repeat(65_536) };
      } finally {
        cleaned.resolve();
      }
    }
    const server = await useServer({ exportUsers }, { limits });
    const unread = openUnread(server[port].port);
    await cleaned.promise;
    await waitFor(() => server.logged.some(({ reason }) => reason === 'OVERLOADED'));
    await readOne((call) => server.clients.grpc.exportUsers({}, call));
    const [trailers] = (await Promise.all([once(unread, 'trailers'), unread.resume()]))[0];
    expect(trailers['grpc-status']).toBe('8');
    expect(decodeURIComponent(trailers['grpc-message'])).toContain('Nothing of this stream was read for 0.2 s.');
    expect(server.logged.filter(({ requestId }) => requestId === 'unread')).toMatchObject([{ reason: 'OVERLOADED' }]);
  });

  it('goes on where it is read, however slow its handler', async () => {
    async function* exportUsers() {
      yield { cursor: '1' };
      await pause(2 * limits.maxReaderPauseMs);
      yield { cursor: '2' };
    }
    const { clients } = await useServer({ exportUsers }, { limits });
    const seen: string[] = [];
    await readInto(seen, clients[port].exportUsers({}));
    expect(seen).toEqual(['1', '2']);
  });
});

describe('a server stream that the server drains', () => {
  it('ends with DRAINING while its handler waits for more', async () => {
    const started = Promise.withResolvers<void>();
    const server = await useServer(
      {
        async *exportUsers(_, { signal }) {
          started.resolve();
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
      { shutdownGraceMs: 3_600_000 }, // it must not be waited for
    );
    const outcome = outcomeOf(readInto([], server.clients.grpc.exportUsers({})));
    await started.promise;
    await server.drain();
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
  });
});

describe.each(['grpc', 'edge'] as const)('an import on the %s port that the server drains', (port) => {
  const graceMs = 60_000;

  /** A server whose import waits at its first rows until the gate opens; the drain's time passes by hand. */
  async function useImport() {
    const atWork = Promise.withResolvers<AbortSignal>();
    const gate = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const done: number[] = [];
    const importUsers: Handlers<typeof UserService>['importUsers'] = async (requests, { signal }) => {
      for await (const { payload } of requests) {
        if (payload.case !== 'rows') continue;
        atWork.resolve(signal);
        await gate.promise;
        done.push(payload.value.rows.length);
        setImmediate(waiting.resolve);
      }
      return { imported: BigInt(done.length) };
    };
    const server = await useServer({ importUsers }, { shutdownGraceMs: graceMs });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(async () => {
      await vi.advanceTimersByTimeAsync(2 * graceMs);
      vi.useRealTimers();
    });
    return { ...server, atWork: atWork.promise, gate, waiting: waiting.promise, done };
  }

  it('lets the chunk in work have nearly the whole grace, then ends with DRAINING before the next', async () => {
    const { clients, drain, atWork, gate, done } = await useImport();
    const outcome = outcomeOf(clients[port].importUsers(endless(rows(1), rows(2))));
    const signal = await atWork;
    void drain();
    await vi.advanceTimersByTimeAsync(graceMs - 1000);
    expect(signal.aborted).toBe(false);
    gate.resolve();
    await waitFor(() => done.length > 0);
    await vi.advanceTimersByTimeAsync(500);
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
    expect(done).toEqual([1]);
  });

  it('aborts the chunk in work when the grace is over', async () => {
    const { clients, drain, atWork } = await useImport();
    const outcome = outcomeOf(clients[port].importUsers(endless(rows(1))));
    const signal = await atWork;
    void drain();
    await vi.advanceTimersByTimeAsync(graceMs);
    expect(signal.reason).toMatchObject({ reason: 'DRAINING' });
    await vi.advanceTimersByTimeAsync(250); // it says nothing for itself
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
  });

  it('is answered where its end has come while its last chunk was in work', async () => {
    const { clients, drain, atWork, gate, done } = await useImport();
    const answer = clients[port].importUsers(messages(options, rows(1)));
    await atWork;
    void drain();
    gate.resolve();
    expect((await answer).imported).toBe(1n);
    expect(done).toEqual([1]);
  });

  it('ends with DRAINING at once while it waits for more', async () => {
    const { clients, drain, atWork, gate, waiting } = await useImport();
    const outcome = outcomeOf(clients[port].importUsers(endless(rows(1))));
    await atWork;
    gate.resolve();
    await waiting;
    void drain();
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
  });
});

it.each(['grpc', 'edge'] as const)(
  'an import on the %s port that outlives the grace says itself what is in',
  async (port) => {
    const atWork = Promise.withResolvers<void>();
    const importUsers: Handlers<typeof UserService>['importUsers'] = async (_, { signal }) => {
      atWork.resolve();
      await once(signal, 'abort');
      await new Promise(setImmediate); // its store still has to give up
      throw new TandemError('DRAINING', '7 rows are in.', { metadata: { rows_taken: '7' } });
    };
    const { clients, drain } = await useServer({ importUsers }, { shutdownGraceMs: 50 });
    const outcome = outcomeOf(clients[port].importUsers(endless(rows(1))));
    await atWork.promise;
    await drain();
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING', message: '7 rows are in.' });
  },
);

async function* endless(...all: ReturnType<typeof rows>[]) {
  yield* [options, ...all];
  await new Promise<never>(() => {});
}

async function readInto(seen: string[], stream: AsyncIterable<{ cursor: string }>): Promise<void> {
  for await (const { cursor } of stream) seen.push(cursor);
}

/** Begins an export by gRPC, and reads nothing of it: clients of gRPC read into their memory before anyone asks. */
function openUnread(port: number): ClientHttp2Stream {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': '/tandem.users.v1.UserService/ExportUsers',
    'content-type': 'application/grpc',
    'x-request-id': 'unread',
    te: 'trailers',
  });
  stream.end(Buffer.alloc(5));
  return stream;
}

/** Reads the first message and goes away. */
async function readOne(open: (call: { signal: AbortSignal }) => AsyncIterable<unknown>): Promise<void> {
  const leaver = new AbortController();
  const outcome = await outcomeOf(
    (async () => {
      for await (const _ of open({ signal: leaver.signal })) leaver.abort();
    })(),
  );
  expect(outcome.code).toBe('Canceled');
}

const waitFor = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 5000, interval: 5 });

import type { MessageShape } from '@bufbuild/protobuf';
import type { ImportUsersRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it, vi } from 'vitest';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';
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

describe.each(['grpc', 'edge'] as const)('a client stream on the %s port', (port) => {
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

describe.each(['grpc', 'edge'] as const)('a server stream on the %s port', (port) => {
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

describe('a stream that the server drains', () => {
  const graceMs = 3_600_000; // it must not be waited for

  it('ends with DRAINING while its handler waits for more', async () => {
    const started = Promise.withResolvers<void>();
    const server = await useServer(
      {
        async *exportUsers(_, { signal }) {
          started.resolve();
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
      { shutdownGraceMs: graceMs },
    );
    const outcome = outcomeOf(readInto([], server.clients.grpc.exportUsers({})));
    await started.promise;
    await server.drain();
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
  });

  it('ends with DRAINING in the middle of an import, after the chunk in work', async () => {
    const started = Promise.withResolvers<void>();
    let thrown: unknown;
    const server = await useServer(
      {
        async importUsers(requests) {
          try {
            for await (const _ of requests) started.resolve();
          } catch (error) {
            thrown = error;
            throw error;
          }
          return {};
        },
      },
      { shutdownGraceMs: graceMs },
    );
    const outcome = outcomeOf(server.clients.grpc.importUsers(endless()));
    await started.promise;
    await server.drain();
    expect(await outcome).toMatchObject({ code: 'Unavailable', reason: 'DRAINING' });
    expect(thrown).toMatchObject({ reason: 'DRAINING' });
  });
});

async function* endless() {
  yield options;
  await new Promise<never>(() => {});
}

async function readInto(seen: string[], stream: AsyncIterable<{ cursor: string }>): Promise<void> {
  for await (const { cursor } of stream) seen.push(cursor);
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

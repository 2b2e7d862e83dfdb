import { Code, ConnectError } from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type ExportUsersRequest, type ImportUsersRequest, UserService } from '../users.ts';
import { createUsersClient, type UsersClient } from './clients.ts';
import { useTestServer } from './use-test-server.ts';

type ServerStream = (call: grpc.ServerWritableStream<ExportUsersRequest, unknown>) => void;
type ClientStream = (
  call: grpc.ServerReadableStream<ImportUsersRequest, unknown>,
  reply: grpc.sendUnaryData<unknown>,
) => void;

async function useClient(handlers: { exportUsers?: ServerStream; importUsers?: ClientStream }): Promise<UsersClient> {
  return createUsersClient(await useTestServer(UserService, handlers as never));
}

async function rejection(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectError)) throw new Error(`no ConnectError: ${String(error)}`);
  return error;
}

async function readAll<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

const rows = (name: string) => ({ payload: { case: 'rows' as const, value: { rows: [{ name }] } } });

describe('a server stream', () => {
  it('brings all messages, headers first and trailers last', async () => {
    await using client = await useClient({
      exportUsers: (call) => {
        const header = new grpc.Metadata();
        header.set('x-request-id', 'r1');
        call.sendMetadata(header);
        for (const cursor of ['a', 'b', 'c']) call.write({ cursor });
        const trailer = new grpc.Metadata();
        trailer.set('x-end', 'yes');
        call.end(trailer);
      },
    });
    const seen: string[] = [];
    const options = {
      onHeader: (headers: Headers) => seen.push(headers.get('x-request-id') ?? ''),
      onTrailer: (trailers: Headers) => seen.push(trailers.get('x-end') ?? ''),
    };
    for await (const { cursor } of client.exportUsers({}, options)) seen.push(cursor);
    expect(seen).toEqual(['r1', 'a', 'b', 'c', 'yes']);
  });

  it('ends normally when there is no message', async () => {
    await using client = await useClient({ exportUsers: (call) => call.end() });
    expect(await readAll(client.exportUsers({}))).toEqual([]);
  });

  it('throws the status after the messages before it', async () => {
    await using client = await useClient({
      exportUsers: (call) => {
        call.write({ cursor: 'a' }, () => call.emit('error', { code: grpc.status.OUT_OF_RANGE, details: 'too old' }));
      },
    });
    const seen: string[] = [];
    const read = async () => {
      for await (const { cursor } of client.exportUsers({})) seen.push(cursor);
    };
    const error = await rejection(read());
    expect([error.code, error.rawMessage]).toEqual([Code.OutOfRange, 'too old']);
    expect(seen).toEqual(['a']);
  });

  it('is cancelled when its reader leaves the loop', async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    await using client = await useClient({
      exportUsers: (call) => {
        call.once('cancelled', resolve);
        call.write({ cursor: 'a' });
      },
    });
    for await (const { cursor } of client.exportUsers({})) {
      expect(cursor).toBe('a');
      break;
    }
    await cancelled;
  });

  it('is cancelled by its signal', async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    await using client = await useClient({
      exportUsers: (call) => {
        call.once('cancelled', resolve);
        call.write({ cursor: 'a' });
      },
    });
    const stop = new AbortController();
    const read = async () => {
      for await (const _ of client.exportUsers({}, { signal: stop.signal })) stop.abort();
    };
    expect((await rejection(read())).code).toBe(Code.Canceled);
    await cancelled;
  });

  it('keeps to a deadline of its own', async () => {
    await using client = await useClient({ exportUsers: (call) => void call.write({ cursor: 'a' }) });
    const error = await rejection(readAll(client.exportUsers({}, { timeoutMs: 60 })));
    expect(error.code).toBe(Code.DeadlineExceeded);
  });
});

describe('a client stream', () => {
  it('sends all messages and brings the reply', async () => {
    await using client = await useClient({
      importUsers: async (call, reply) => {
        let imported = 0n;
        for await (const message of call) if (message.payload.case === 'rows') imported += 1n;
        reply(null, { imported });
      },
    });
    const input = async function* () {
      for (const name of ['a', 'b', 'c']) yield rows(name);
    };
    expect((await client.importUsers(input())).imported).toBe(3n);
  });

  it('waits for the transport before it asks for more messages', async () => {
    let asked = 0;
    let askedAtStart = 0;
    await using client = await useClient({
      importUsers: async (call, reply) => {
        askedAtStart = asked;
        for await (const _ of call);
        reply(null, {});
      },
    });
    const input = async function* () {
      for (; asked < 64; asked += 1) yield rows('n'.repeat(256 * 1024));
    };
    await client.importUsers(input());
    // Without waiting, all 16 MiB would have been asked for before the server saw the call.
    expect(askedAtStart).toBeLessThan(32);
    expect(asked).toBe(64);
  });

  it('stops asking for messages when the server has answered', async () => {
    await using client = await useClient({
      importUsers: (_, reply) => reply({ code: grpc.status.INVALID_ARGUMENT, details: 'no options' }),
    });
    const { promise: stopped, resolve } = Promise.withResolvers<void>();
    const input = async function* () {
      try {
        for (;;) {
          yield rows('a');
          await new Promise(setImmediate);
        }
      } finally {
        resolve();
      }
    };
    const error = await rejection(client.importUsers(input()));
    expect([error.code, error.rawMessage]).toEqual([Code.InvalidArgument, 'no options']);
    await stopped;
  });

  it('is cancelled when its input fails, with the error of the input', async () => {
    const { promise: received, resolve: isReceived } = Promise.withResolvers<void>();
    const { promise: cancelled, resolve: isCancelled } = Promise.withResolvers<void>();
    await using client = await useClient({
      importUsers: (call) => {
        call.once('cancelled', isCancelled);
        call.once('data', isReceived);
      },
    });
    const input = async function* () {
      yield rows('a');
      await received;
      throw new Error('the file is gone');
    };
    expect((await rejection(client.importUsers(input()))).rawMessage).toBe('the file is gone');
    await cancelled;
  });
});

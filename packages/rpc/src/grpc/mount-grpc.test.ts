import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { Client, credentials } from '@grpc/grpc-js';
import { UserService } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EncodedReply } from '../encoded-reply.ts';
import { mountConnectHandlers } from '../mount-connect-handlers.ts';
import type { MountedService } from '../mounted.ts';
import { useGrpcPort } from '../testing/use-ports.ts';

function useRawClient(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

/** A call of which nothing is sent yet. */
function useStream(port: number, path: string): { stream: ClientHttp2Stream } {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  return { stream: session.request(headers) };
}

const passOn = (bytes: Buffer) => bytes;
const getUser = '/tandem.users.v1.UserService/GetUser';
const exportUsers = '/tandem.users.v1.UserService/ExportUsers';
const importUsers = '/tandem.users.v1.UserService/ImportUsers';

function callGetUser(client: Client, request: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(getUser, passOn, passOn, request, (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });
}

describe('mountGrpc', () => {
  it('answers bytes that are no message by what the handler makes of it', async () => {
    const mounted = mountConnectHandlers(UserService, { getUser: () => ({}) });
    const client = useRawClient(await useGrpcPort([mounted]));
    await expect(callGetUser(client, Buffer.from([0x0a, 0x05]))).rejects.toMatchObject({
      code: Code.InvalidArgument,
      details: expect.stringContaining('tandem.users.v1.GetUserRequest'),
    });
  });

  it('passes an encoded reply on as it is', async () => {
    const bytes = Buffer.from([0x0a, 0x00]);
    const run = async () => new EncodedReply(bytes);
    const mounted: MountedService = {
      service: UserService,
      methods: [{ kind: 'unary', method: UserService.method.getUser, run }],
    };
    const client = useRawClient(await useGrpcPort([mounted]));
    expect(await callGetUser(client, Buffer.alloc(0))).toEqual(bytes);
  });

  it('sends headers and trailers with a reply and with an error', async () => {
    const mounted = mountConnectHandlers(UserService, {
      getUser({ id }, { responseHeader, responseTrailer }) {
        responseHeader.set('x-head', '1');
        responseTrailer.set('x-trail', '2');
        if (id === '') throw new ConnectError('no', Code.NotFound);
        return {};
      },
    });
    const port = await useGrpcPort([mounted]);
    const client = createClient(UserService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    const seen: Headers[] = [];
    const note = (headers: Headers) => void seen.push(headers);
    await client.getUser({ id: 'x' }, { onHeader: note, onTrailer: note });
    expect([seen[0]?.get('x-head'), seen[1]?.get('x-trail')]).toEqual(['1', '2']);
    expect(seen[1]?.get('grpc-message')).toBe('');
    const error = await client.getUser({ id: '' }).then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.NotFound);
    expect([error?.metadata.get('x-head'), error?.metadata.get('x-trail')]).toEqual(['1', '2']);
  });

  it('aborts no signal of a call that was answered', async () => {
    const signals: AbortSignal[] = [];
    const mounted = mountConnectHandlers(UserService, {
      getUser(_request, { signal }) {
        signals.push(signal);
        return {};
      },
    });
    const client = useRawClient(await useGrpcPort([mounted]));
    for (let call = 0; call < 3; call++) await callGetUser(client, Buffer.alloc(0));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false, false]);
  });

  it('honours a deadline longer than a timer can hold', async () => {
    let timeoutMs: number | undefined;
    const mounted = mountConnectHandlers(UserService, {
      getUser(_request, context) {
        timeoutMs = context.timeoutMs();
        return {};
      },
    });
    const port = await useGrpcPort([mounted]);
    const client = createClient(UserService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
    await client.getUser({ id: 'x' }, { headers: { 'grpc-timeout': '99999999H' } });
    expect(timeoutMs).toBeGreaterThan(2_147_000_000);
  });

  it.each([
    ['a request', getUser, Buffer.from([0, 0, 0, 0, 9, 1])],
    ['the request of a stream of replies', exportUsers, Buffer.from([0, 0])],
    ['a message of a stream', importUsers, Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x00, 0, 0, 0, 0, 9])],
  ])('gives up %s whose rest does not come in time', async (_, path, bytes) => {
    const mounted = mountConnectHandlers(UserService, {
      getUser: () => ({}),
      async *exportUsers() {},
      async importUsers(requests) {
        for await (const _ of requests);
        return {};
      },
    });
    const { stream } = useStream(await useGrpcPort([mounted], { requestMaxMs: 50 }), path);
    const seen: Record<string, unknown> = {};
    for (const event of ['response', 'trailers']) stream.on(event, (headers) => Object.assign(seen, headers));
    stream.resume().write(bytes);
    await once(stream, 'end');
    expect(seen).toMatchObject({ 'grpc-status': `${Code.DeadlineExceeded}` });
    expect(seen['grpc-status-details-bin']).toBeDefined();
  });

  it('stops asking a stream that nobody reads, and ends it when its reader goes away', async () => {
    const ended = Promise.withResolvers<void>();
    let asked = 0;
    const mounted = mountConnectHandlers(UserService, {
      getUser: () => ({}),
      async *exportUsers() {
        try {
          for (; asked < 4000; asked++) yield { cursor: 'x'.repeat(65_536) };
        } finally {
          ended.resolve();
        }
      },
    });
    const port = await useGrpcPort([mounted]);
    // Not grpc-js's own client: it reads everything into its memory before anyone has asked for a message.
    const { stream } = useStream(port, exportUsers);
    stream.end(Buffer.alloc(5));
    const other = useRawClient(port);
    await waitUntilStill(
      () => asked,
      () => callGetUser(other, Buffer.alloc(0)),
    );
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(100);
    stream.close(constants.NGHTTP2_CANCEL);
    await ended.promise;
  });
});

/** Time is told in round trips of another call: 50 without a change. */
async function waitUntilStill(read: () => number, roundTrip: () => Promise<unknown>): Promise<void> {
  for (let still = 0, last = -1; still < 50; still = read() === last ? still + 1 : 0) {
    last = read();
    await roundTrip();
  }
}

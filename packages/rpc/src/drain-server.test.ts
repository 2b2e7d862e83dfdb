import { once } from 'node:events';
import { request } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { text } from 'node:stream/consumers';
import { create, toBinary } from '@bufbuild/protobuf';
import { GetUserRequestSchema, type UserService } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Handlers } from './handler.ts';
import { readReason, readStatus } from './status.ts';
import { useServer } from './testing/use-server.ts';

const id = '0190abcd-0000-7000-8000-000000000001';
const graceMs = 60_000;
const nameLength = 3 * 1024 * 1024;

/** A gRPC call whose caller hears no more of its connection than the test does. */
function openCall(port: number, path: string): ClientHttp2Stream {
  return openSession(port, path).call;
}

function openSession(port: number, path: string): { session: ClientHttp2Session; call: ClientHttp2Stream } {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  call.on('error', () => {});
  return { session, call };
}

function envelope(...message: number[]): Buffer {
  return Buffer.from([0, 0, 0, 0, message.length, ...message]);
}

/** Asks for a large reply, of which HTTP/2 lets 64 KiB come until somebody reads. */
async function openUnread(port: number): Promise<ClientHttp2Stream> {
  const call = openCall(port, '/tandem.users.v1.UserService/GetUser');
  call.end(envelope(...toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }))));
  await once(call, 'response');
  return call;
}

/** Sends on and on, whatever it is told. */
function sendForEver(call: ClientHttp2Stream): void {
  const send = () => {
    if (call.writable) call.write(envelope(0x0a, 0), () => setImmediate(send));
  };
  send();
}

async function statusOf(call: ClientHttp2Stream): Promise<unknown> {
  call.resume();
  const [trailers] = await once(call, 'trailers');
  return trailers['grpc-status'];
}

function reasonOf(headers: IncomingHttpHeaders): string {
  return readReason(readStatus(Buffer.from(String(headers['grpc-status-details-bin']), 'base64')));
}

describe('a drain', () => {
  it.each(['grpc', 'edge'] as const)('waits within its grace for a slow reader of the %s port', async (port) => {
    const getUser = async () => ({ user: { name: 'x'.repeat(nameLength) } });
    const server = await useServer({ getUser }, { shutdownGraceMs: graceMs });
    const call = await openUnread(server[port].port);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const drained = server.drain();
    await vi.advanceTimersByTimeAsync(graceMs / 2);
    let received = 0;
    for await (const chunk of call) received += chunk.length;
    expect(received).toBeGreaterThan(nameLength);
    await drained;
  });

  describe('does not wait for', () => {
    const endlessMs = 3_600_000;
    const unavailable = '14';

    it.each(['grpc', 'edge'] as const)('an importer of the %s port that goes on sending', async (port) => {
      const begun = Promise.withResolvers<void>();
      const importUsers: Handlers<typeof UserService>['importUsers'] = async (requests) => {
        for await (const _ of requests) begun.resolve();
        return {};
      };
      const server = await useServer({ importUsers }, { shutdownGraceMs: endlessMs });
      const call = openCall(server[port].port, '/tandem.users.v1.UserService/ImportUsers');
      const status = statusOf(call);
      sendForEver(call);
      await begun.promise;
      await server.drain();
      expect(await status).toBe(unavailable);
    });

    it('an open reflection stream, which is told', async () => {
      const server = await useServer({}, { shutdownGraceMs: endlessMs });
      const call = openCall(server.grpc.port, '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo');
      const trailers = once(call, 'trailers') as Promise<[IncomingHttpHeaders]>;
      call.write(envelope(0x3a, 0));
      await once(call, 'data');
      call.resume();
      await server.drain();
      const [told] = await trailers;
      expect(told['grpc-status']).toBe(unavailable);
      expect(reasonOf(told)).toBe('DRAINING');
    });

    it('an open Health Watch, whose last word is NOT_SERVING', async () => {
      const server = await useServer({}, { shutdownGraceMs: endlessMs });
      const call = openCall(server.grpc.port, '/grpc.health.v1.Health/Watch');
      const replies: Buffer[] = [];
      call.on('data', (reply) => replies.push(reply));
      const status = statusOf(call);
      call.end(envelope());
      await once(call, 'data');
      await server.drain();
      expect(await status).toBe('0');
      const serving = envelope(0x08, 1);
      const notServing = envelope(0x08, 2);
      expect(Buffer.concat(replies)).toEqual(Buffer.concat([serving, notServing]));
    });

    it.each(['/tandem.users.v1.UserService/GetUser', '/grpc.health.v1.Health/Watch'])(
      'a request of %s that never comes whole, which is told',
      async (path) => {
        const server = await useServer({}, { shutdownGraceMs: endlessMs });
        const unbegun: Promise<[IncomingHttpHeaders]>[] = [];
        for (const sent of [envelope(), envelope().subarray(0, 3)]) {
          const { session, call } = openSession(server.grpc.port, path);
          call.write(sent);
          unbegun.push(once(call, 'response') as Promise<[IncomingHttpHeaders]>);
          // What a later call of the connection was answered, the server has seen after this one.
          await once(session.request({ ':path': '/' }), 'response');
        }
        await server.drain();
        const answers = (await Promise.all(unbegun)).map(([headers]) => headers);
        expect(answers.map((headers) => headers['grpc-status'])).toEqual([unavailable, unavailable]);
        expect(answers.map(reasonOf)).toEqual(['DRAINING', 'DRAINING']);
      },
    );

    it('a request on the edge that never comes whole, which is told', async () => {
      const server = await useServer({}, { shutdownGraceMs: endlessMs });
      const headers = { 'content-type': 'application/json', 'content-length': 100, expect: '100-continue' };
      const path = '/tandem.users.v1.UserService/GetUser';
      const call = request({ port: server.edge.port, path, method: 'POST', agent: false, headers });
      call.on('error', () => {});
      onTestFinished(() => void call.destroy());
      call.flushHeaders();
      await once(call, 'continue');
      call.write('{');
      const answer = once(call, 'response');
      await server.drain();
      const [response] = await answer;
      expect(JSON.parse(await text(response))).toMatchObject({ details: [{ debug: { reason: 'DRAINING' } }, {}] });
    });

    it('callers whose answers are out, though they keep their connections', async () => {
      const server = await useServer({}, { shutdownGraceMs: endlessMs });
      for (const port of [server.grpc.port, server.edge.port]) {
        const socket = connectSocket({ host: '127.0.0.1', port, allowHalfOpen: true });
        onTestFinished(() => void socket.destroy());
        socket.on('error', () => {});
        await once(socket, 'connect');
        // HTTP/2 as far as its first SETTINGS, and deaf to GOAWAY and to the server's end of the connection.
        socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
        await once(socket, 'data');
      }
      await server.drain();
    });
  });
});

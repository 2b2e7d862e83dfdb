import { once } from 'node:events';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { GetUserRequestSchema } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { useServer } from './testing/use-server.ts';

const id = '0190abcd-0000-7000-8000-000000000001';
const graceMs = 60_000;
const nameLength = 3 * 1024 * 1024;

/** Asks for a large reply, of which HTTP/2 lets 64 KiB come until somebody reads. */
async function openUnread(port: number): Promise<ClientHttp2Stream> {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const path = '/tandem.users.v1.UserService/GetUser';
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const request = toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id }));
  call.end(Buffer.from([0, 0, 0, 0, request.length, ...request]));
  await once(call, 'response');
  return call;
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
});

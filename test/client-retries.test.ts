import { ConnectError } from '@connectrpc/connect';
import { createUsersClient } from '@tandem/contracts';
import { UserService } from '@tandem/contracts/users';
import { bind, createLogger, startServer, TandemError } from '@tandem/rpc';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Our own server with our own client: what the one answers must be what the other tries again. */
async function useServer(answer: () => Promise<object>) {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const server = await startServer({
    name: 'users',
    services: [bind(UserService, { getUser: answer })],
    listen: anyPort,
    edgeListen: anyPort,
    authMode: 'open',
    probe: async () => {},
    log: createLogger({ name: 'users', level: 'fatal' }),
    shutdownGraceMs: 1_000,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return createUsersClient(`127.0.0.1:${server.grpc.port}`);
}

const id = '00000000-0000-4000-8000-000000000001';

describe('a refusal by our server', () => {
  it('that says UNAVAILABLE is tried again by our client', async () => {
    let calls = 0;
    await using client = await useServer(async () => {
      calls += 1;
      if (calls < 3) throw new TandemError('STORE_UNAVAILABLE', 'the database is away');
      return { user: { id } };
    });
    expect((await client.getUser({ id })).user?.id).toBe(id);
    expect(calls).toBe(3);
  });

  it('carries the x-request-id', async () => {
    await using client = await useServer(async () => {
      throw new TandemError('STORE_UNAVAILABLE', 'the database is away');
    });
    const error = await client.getUser({ id }, { headers: { 'x-request-id': 'one' } }).catch((reason) => reason);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error.metadata.get('x-request-id')).toBe('one');
  });
});

import { create, type DescMethod, getOption } from '@bufbuild/protobuf';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { Idempotency, policy } from '@tandem/contracts/options';
import { AuthorService, PostService, SearchService } from '@tandem/contracts/posts';
import { PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { bind, createLogger, formatAddress, type ServerOptions, startServer, TandemError } from '@tandem/rpc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeRefusal } from './pair/refusal.ts';

const services = [UserService, PointsService, SessionService, PostService, SearchService, AuthorService];
const methods: readonly DescMethod[] = services.flatMap((service) => service.methods);
const policyOf = (method: DescMethod) => getOption(method, policy);
const nameOf = ({ parent, name }: DescMethod) => `${parent.typeName}/${name}`;
const scopes = [...new Set(methods.map((method) => policyOf(method).scope))];

/** A token is the scopes that it stands for. */
const access: ServerOptions['access'] = {
  identify(headers) {
    const token = headers.readHeader('authorization')?.replace('Bearer ', '');
    if (token === undefined) throw new TandemError('CREDENTIALS_MISSING', 'Bring a token.');
    return token;
  },
  permit(caller, scope) {
    if (caller.split(',').includes(scope)) return;
    throw new TandemError('PERMISSION_DENIED', 'The token does not hold the scope.');
  },
};

/** Every method of the contract, none of which has a handler: NOT_IMPLEMENTED tells that a call was let through. */
async function useGuardedServer() {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const server = await startServer({
    name: 'users',
    services: services.map((service) => bind(service, {})),
    listen: anyPort,
    edgeListen: anyPort,
    authMode: 'open',
    access: access as NonNullable<typeof access>,
    probe: async () => {},
    log: createLogger({ name: 'users', level: 'silent' }),
    shutdownGraceMs: 100,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const url = (address: typeof server.grpc) => `http://${formatAddress(address)}`;
  return {
    grpc: createGrpcTransport({ baseUrl: url(server.grpc) }),
    edge: createConnectTransport({ baseUrl: url(server.edge), httpVersion: '2', useBinaryFormat: false }),
  };
}

async function callAs(transport: Transport, method: DescMethod, token: string | undefined): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    await call(transport, method, headers);
    return 'OK';
  } catch (error) {
    const { code, reason } = describeRefusal(ConnectError.from(error));
    return `${code} ${reason}`;
  }
}

async function call(transport: Transport, method: DescMethod, headers: Record<string, string>): Promise<void> {
  if (method.methodKind === 'unary') {
    await transport.unary(
      method as DescMethod & { methodKind: 'unary' },
      undefined,
      undefined,
      headers,
      create(method.input),
    );
    return;
  }
  async function* input() {
    yield create(method.input);
  }
  const { message } = await transport.stream(
    method as DescMethod & { methodKind: 'bidi_streaming' },
    undefined,
    undefined,
    headers,
    input(),
  );
  for await (const _ of message);
}

describe.each(['grpc', 'edge'] as const)('on the %s port', (port) => {
  it('every method asks for a token, and for the scope of its policy, whatever others the token has', async () => {
    const { [port]: transport } = await useGuardedServer();
    const cells = await Promise.all(
      methods.map(async (method) => {
        const { scope } = policyOf(method);
        const others = scopes.filter((other) => other !== scope).join(',');
        return [
          nameOf(method),
          await callAs(transport, method, undefined),
          await callAs(transport, method, others),
          await callAs(transport, method, scope),
        ];
      }),
    );
    const [missing, denied] = [Code[Code.Unauthenticated], Code[Code.PermissionDenied]];
    expect(cells).toEqual(
      methods.map((method) => [
        nameOf(method),
        `${missing} CREDENTIALS_MISSING`,
        `${denied} PERMISSION_DENIED`,
        'Unimplemented NOT_IMPLEMENTED',
      ]),
    );
    expect(cells.length).toBeGreaterThan(35);
  });
});

it('a scope stands for one kind of thing to do: what reads and what writes share none', () => {
  const kinds = methods.map(policyOf).map(({ scope, idempotency }) => [scope, idempotency === Idempotency.READ]);
  const readers = new Set(kinds.filter(([, reads]) => reads).map(([scope]) => scope));
  const writers = new Set(kinds.filter(([, reads]) => !reads).map(([scope]) => scope));
  expect([...readers].filter((scope) => writers.has(scope as string))).toEqual([]);
});

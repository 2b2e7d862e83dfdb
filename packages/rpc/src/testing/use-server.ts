import { type CallOptions, type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { UserService } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { bind, type Handlers } from '../handler.ts';
import { formatAddress } from '../listen-address.ts';
import { type RunningServer, type ServerOptions, startServer } from '../server.ts';

/** What a test says of its server. */
export type TestServerOptions = Partial<ServerOptions>;

/** A server on loopback, any free ports, that lives as long as the test. */
export interface TestServer extends RunningServer {
  /** A client of the gRPC port, and of the edge by Connect in JSON and by gRPC-Web, both over HTTP/1.1. */
  readonly clients: Readonly<Record<'grpc' | 'edge' | 'grpcWeb', Client<typeof UserService>>>;
  /** What was logged so far, a line each. */
  readonly logged: readonly Record<string, unknown>[];
}

/** Starts a server of UserService with these handlers; it ends with the test. */
export async function useServer(
  handlers: Handlers<typeof UserService>,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const logged: Record<string, unknown>[] = [];
  const server = await startServer({
    name: 'users',
    services: [bind(UserService, handlers)],
    listen: anyPort,
    edgeListen: anyPort,
    authMode: 'open',
    probe: async () => {},
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    shutdownGraceMs: 5000,
    ...options,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { ...server, logged, clients: createClients(server) };
}

function createClients({ grpc, edge }: RunningServer): TestServer['clients'] {
  const overHttp1 = { baseUrl: `http://${formatAddress(edge)}`, httpVersion: '1.1' } as const;
  return {
    grpc: createClient(UserService, createGrpcTransport({ baseUrl: `http://${formatAddress(grpc)}` })),
    edge: createClient(UserService, createConnectTransport({ ...overHttp1, useBinaryFormat: false })),
    grpcWeb: createClient(UserService, createGrpcWebTransport(overHttp1)),
  };
}

/** How a call failed: its code's name, its reason and its text; `OK` where it did not fail. */
export interface Outcome {
  readonly code: string;
  readonly reason: string | undefined;
  readonly message: string;
  readonly error: ConnectError | undefined;
}

/** Waits for a call, however it ends. */
export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    await call;
    return { code: 'OK', reason: undefined, message: '', error: undefined };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const reason = error.findDetails(ErrorInfoSchema)[0]?.reason;
    return { code: Code[error.code], reason, message: error.rawMessage, error };
  }
}

/** Call options that gather the response's headers. */
export function watchHeaders(): CallOptions & { readonly seen: Headers } {
  const seen = new Headers();
  const onHeader = (headers: Headers) => {
    for (const [name, value] of headers) seen.set(name, value);
  };
  return { seen, onHeader };
}

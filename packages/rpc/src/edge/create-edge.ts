import { createServer as createHttp1Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { OpenAnswers } from '../open-answers.ts';
import {
  type ConnectListenerOptions,
  createConnectListener,
  type EdgeRequest,
  type EdgeResponse,
} from './connect-listener.ts';
import { ConnectionSet } from './connection-set.ts';
import { drainBody } from './drain-body.ts';
import { splitProtocols } from './split-protocols.ts';

/** Where a port listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a route answers. */
export interface RouteReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Server key and certificate, and the authority that callers' certificates must come from, all PEM. */
export interface EdgeTls {
  readonly key: Uint8Array;
  readonly cert: Uint8Array;
  /** When given, a caller must show a certificate of this authority. */
  readonly clientCa?: Uint8Array;
}

/** What an edge serves. */
export interface EdgeOptions extends ConnectListenerOptions {
  /** What a GET of a path answers, beside the methods. */
  readonly routes?: Readonly<Record<string, () => RouteReply | Promise<RouteReply>>>;
  /** Default none: HTTP/1.1 and HTTP/2 without TLS. */
  readonly tls?: EdgeTls;
  /** Counts what is not answered; default: nobody does. */
  readonly answers?: OpenAnswers;
  /** How long the headers of an HTTP/1.1 request may take, in milliseconds. Default 10 s. */
  readonly headersMaxMs?: number;
}

/** A port that speaks Connect, gRPC-Web, gRPC and JSON over HTTP/1.1 and HTTP/2. */
export interface Edge extends AsyncDisposable {
  /**
   * Starts to listen; port 0 takes any free one. Once only.
   *
   * @returns where it listens
   * @throws Error of the operating system, such as EADDRINUSE; nothing listens then
   */
  listen(address: Address): Promise<Address>;
  /** Takes no more connections, lets calls in flight be answered, and closes each connection after its last. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes an edge that does not listen yet. */
export function createEdge(options: EdgeOptions): Edge {
  const connections = new ConnectionSet();
  const server = createServer(options, connections);
  return {
    listen: (address) => listen(server, address),
    drain: async () => {
      await Promise.all([closeListening(server), connections.drain()]);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([closeListening(server), connections[Symbol.asyncDispose]()]);
    },
  };
}

type Listener = (request: EdgeRequest, response: EdgeResponse) => void;

/** Longer than most callers keep an idle connection, so that they, who know when they send, are those who close it. */
const idleMaxMs = 65_000;

/**
 * One server takes the connections, with TLS or without; those of Node's that speak HTTP never listen themselves. Each
 * is given a connection with its first bytes: the time for a request's headers begins with them, not with a connection
 * that a caller opened for later.
 */
function createServer(options: EdgeOptions, connections: ConnectionSet): Server {
  const listener = createListener(options, connections);
  const { headersMaxMs = 10_000, tls } = options;
  const http1 = createHttp1Server(toHttp1Limits(headersMaxMs), listener);
  http1.emit('listening'); // only this starts the clock of its header timeout
  const http2 = createHttp2Server(listener);
  http2.on('session', (session) => connections.addSession(session));
  const split = splitProtocols({
    http1: (socket) => {
      http1.emit('connection', socket);
      if (tls) readAsStream(socket);
    },
    http2: (socket) => {
      connections.markHttp2(socket);
      http2.emit('connection', socket);
    },
    idleMaxMs,
    sniffMaxMs: headersMaxMs,
  });
  const take = (socket: Socket) => {
    connections.add(socket);
    split(socket);
  };
  const server = tls
    ? createTlsServer({ ...toTlsOptions(tls), handshakeTimeout: headersMaxMs }, take)
    : createTcpServer(take);
  // A handshake that failed, or takes too long.
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  return server.on('close', () => http1.close());
}

/**
 * Has Node's parser take what comes as the stream's events. Else it takes it from TLS directly, which goes on with the
 * next record where the parser has paused for an answer before that is not out yet, and so fails a good request
 * (HPE_PAUSED). That somebody listens is what Node goes by.
 */
function readAsStream(socket: Socket): void {
  socket.on('data', () => {});
}

/**
 * No limit to how long a request takes, for imports stream for minutes; to its headers there is one, and to the body of
 * each call that takes one message. Node looks for those that are late every 30 s unless it is told.
 */
function toHttp1Limits(headersMaxMs: number) {
  const connectionsCheckingInterval = Math.ceil(headersMaxMs / 10);
  return { requestTimeout: 0, headersTimeout: headersMaxMs, connectionsCheckingInterval, keepAliveTimeout: idleMaxMs };
}

function toTlsOptions({ key, cert, clientCa }: EdgeTls): TlsOptions {
  const clientCertificates = clientCa ? { ca: [Buffer.from(clientCa)], requestCert: true } : {};
  const secrets = { key: Buffer.from(key), cert: Buffer.from(cert) };
  return { ALPNProtocols: ['h2', 'http/1.1'], ...secrets, ...clientCertificates };
}

function createListener(options: EdgeOptions, connections: ConnectionSet): Listener {
  const answerCall = createConnectListener(options);
  const routes = new Map(Object.entries(options.routes ?? {}));
  return (request, response) => {
    connections.addRequest(request, response);
    // The 'finish' of an HTTP/2 response comes only at close.
    options.answers?.add('stream' in response ? response.stream : response);
    drainBody(request, response);
    if (answerCall(request, response)) return;
    const route = routes.get(request.url?.split('?', 1)[0] ?? '');
    if (route && (request.method === 'GET' || request.method === 'HEAD')) void answerRoute(route, response);
    else answerUnknown(request, response);
  };
}

async function answerRoute(route: () => RouteReply | Promise<RouteReply>, response: Respondable): Promise<void> {
  try {
    respond(response, await route());
  } catch {
    respond(response, { status: 500, contentType: 'text/plain', body: 'this page cannot be made just now\n' });
  }
}

/**
 * The status alone says `unimplemented` to clients of all three protocols. The text is for people with curl; a gRPC
 * client would take it for an error of Connect's.
 */
function answerUnknown(request: EdgeRequest, response: Respondable): void {
  if (request.headers['content-type']?.startsWith('application/grpc')) {
    response.statusCode = 404;
    response.end('');
    return;
  }
  const message = 'no such method: POST to /package.Service/Method';
  const body = JSON.stringify({ code: 'unimplemented', message });
  respond(response, { status: 404, contentType: 'application/json', body });
}

/** What the responses of both HTTP versions have in common. */
interface Respondable {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

function respond(response: Respondable, { status, contentType, body }: RouteReply): void {
  response.statusCode = status;
  response.setHeader('content-type', contentType);
  response.end(body);
}

function listen(server: Server, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });
}

function closeListening(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

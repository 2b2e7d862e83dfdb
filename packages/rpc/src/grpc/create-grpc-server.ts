import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Server, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { capTimeout } from './cap-timeout.ts';

/** What a gRPC server is made with. */
export interface GrpcServerOptions {
  /** The largest request message, in bytes. */
  readonly readMaxBytes: number;
}

/**
 * A grpc-js server as the wire wants it: nothing mounted, not listening. Two of grpc-js's habits are mended: a
 * `grpc-message` beside status 0, and deadlines beyond 24.8 days that are over at once.
 */
export function createGrpcServer({ readMaxBytes }: GrpcServerOptions): Server {
  const server = new Server({ 'grpc.max_receive_message_length': readMaxBytes, interceptors: [leaveOkUnsaid] });
  return capTimeouts(server);
}

/** grpc-js says `grpc-message: OK`; the specification wants none beside status 0. */
const leaveOkUnsaid: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    sendStatus: (status, next) => next(status.code === 0 ? { ...status, details: '' } : status),
  });

/** The one place that reaches into grpc-js: it has no public way to see headers before it reads the deadline of them. */
function capTimeouts(server: Server): Server {
  const inner = server as unknown as { createHttp2Server(...args: unknown[]): Http2Server };
  const createHttp2Server = inner.createHttp2Server.bind(server);
  inner.createHttp2Server = (...args) => {
    const http2Server = createHttp2Server(...args);
    http2Server.prependListener('stream', (_stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      const timeout = headers['grpc-timeout'];
      if (typeof timeout === 'string') headers['grpc-timeout'] = capTimeout(timeout);
    });
    return http2Server;
  };
  return server;
}

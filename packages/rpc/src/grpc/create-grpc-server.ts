import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Server, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { OpenAnswers } from '../open-answers.ts';
import { capTimeout } from './cap-timeout.ts';

/** What a gRPC server is made with. */
export interface GrpcServerOptions {
  /** The largest request message, in bytes. */
  readonly readMaxBytes: number;
  /** Counts what is not answered; default: nobody does. */
  readonly answers?: OpenAnswers;
}

/**
 * A grpc-js server as the wire wants it: nothing mounted, not listening. Two of grpc-js's habits are mended: a
 * `grpc-message` beside status 0, and deadlines beyond 24.8 days that are over at once.
 */
export function createGrpcServer({ readMaxBytes, answers }: GrpcServerOptions): Server {
  const server = new Server({ 'grpc.max_receive_message_length': readMaxBytes, interceptors: [leaveOkUnsaid] });
  return onStreams(server, (stream, headers) => {
    answers?.add(stream);
    const timeout = headers['grpc-timeout'];
    if (typeof timeout === 'string') headers['grpc-timeout'] = capTimeout(timeout);
  });
}

/** grpc-js says `grpc-message: OK`; the specification wants none beside status 0. */
const leaveOkUnsaid: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    sendStatus: (status, next) => next(status.code === 0 ? { ...status, details: '' } : status),
  });

/** The one place that reaches into grpc-js: it has no public way to see a stream, or its headers before it reads the deadline of them. */
function onStreams(server: Server, see: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void): Server {
  const inner = server as unknown as { createHttp2Server(...args: unknown[]): Http2Server };
  const createHttp2Server = inner.createHttp2Server.bind(server);
  inner.createHttp2Server = (...args) => createHttp2Server(...args).prependListener('stream', see);
  return server;
}

import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Server } from '@grpc/grpc-js';
import type { OpenAnswers } from '../open-answers.ts';
import type { Pipeline } from '../pipeline.ts';
import { REQUEST_MAX_MS } from '../unreceived.ts';
import { capTimeout } from './cap-timeout.ts';
import { interceptCalls } from './intercepted-call.ts';
import { UnwholeRequests } from './unwhole-requests.ts';

/** What a gRPC server is made with. */
export interface GrpcServerOptions {
  /** The largest request message, in bytes. */
  readonly readMaxBytes: number;
  /** Counts what is not answered; default: nobody does. */
  readonly answers?: OpenAnswers;
  /** Ends calls that have not begun. Default: nothing does. */
  readonly intake?: Pick<Pipeline, 'intake'>;
  /** How long the rest of a request may take, in milliseconds; the call's own deadline where that is sooner. Default 60 s. */
  readonly requestMaxMs?: number;
}

/**
 * A grpc-js server as the wire wants it: nothing mounted, not listening. Two of grpc-js's habits are mended: a
 * `grpc-message` beside status 0, and deadlines beyond 24.8 days that are over at once.
 */
export function createGrpcServer(options: GrpcServerOptions): Server {
  const { readMaxBytes, answers, intake, requestMaxMs = REQUEST_MAX_MS } = options;
  const unwhole = new UnwholeRequests({ maxMs: requestMaxMs });
  intake?.intake.subscribe((reason) => unwhole.end(reason));
  // grpc-js makes a call, and its interceptor, while it is told of the call's stream.
  let arriving: ServerHttp2Stream | undefined;
  const server = new Server({
    'grpc.max_receive_message_length': readMaxBytes,
    // Counts calls for a channelz service, which there is none of.
    'grpc.enable_channelz': 0,
    interceptors: [interceptCalls(unwhole, () => arriving)],
  });
  return onStreams(server, (stream, headers) => {
    arriving = stream;
    answers?.add(stream);
    const timeout = headers['grpc-timeout'];
    if (typeof timeout === 'string') headers['grpc-timeout'] = capTimeout(timeout);
  });
}

/** The one place that reaches into grpc-js: it has no public way to see a stream, or its headers before it reads the deadline of them. */
function onStreams(server: Server, see: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void): Server {
  const inner = server as unknown as { createHttp2Server(...args: unknown[]): Http2Server };
  const createHttp2Server = inner.createHttp2Server.bind(server);
  inner.createHttp2Server = (...args) => createHttp2Server(...args).prependListener('stream', see);
  return server;
}

import type {
  DescMessage,
  DescMethod,
  DescMethodStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
} from '@bufbuild/protobuf';
import {
  type CallOptions,
  Code,
  ConnectError,
  type StreamResponse,
  type Transport,
  type UnaryResponse,
} from '@connectrpc/connect';
import * as grpc from '@grpc/grpc-js';
import { defaultTimeoutsMs, type Timeouts, timeoutOf } from './method-policy.ts';
import type { OpenCall } from './open-call.ts';
import { encodeRequest } from './request.ts';
import { buildServiceConfig } from './service-config.ts';
import { callStream } from './stream-call.ts';
import { callUnary, decodeReply } from './unary-call.ts';
import { type CallHeaders, toMetadata } from './wire-metadata.ts';

/** How a client behaves. */
export interface ClientOptions {
  /** TLS or call credentials. Default: none, plain text. */
  readonly credentials?: grpc.ChannelCredentials;
  /** Deadlines of calls that state no `timeoutMs`, in milliseconds; what is left out stays at its default. */
  readonly timeoutsMs?: Partial<Timeouts>;
  /** Headers of every call, as `authorization`; a call's own replace them. */
  readonly headers?: NonNullable<CallHeaders>;
  /** How often a call is tried at most, the first time included: 1 to 5, 1 = no retries. Default 4. */
  readonly maxAttempts?: number;
}

/** A Connect transport that owns a gRPC channel. Disposing closes it; calls in flight still end. */
export interface GrpcTransport extends Transport, AsyncDisposable {
  /** `unary` whose reply stays bytes. Of the options `onHeader` and `onTrailer` are not called. */
  unaryEncoded<I extends DescMessage>(
    method: DescMethodUnary<I, DescMessage>,
    input: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<Uint8Array>;
}

// The contract's limit is 4 MiB a message; a little above, so that the server's answer about it arrives.
const maxMessageBytes = 5 * 1024 * 1024;
// The default of 1 MiB would leave larger requests without retries.
const retryBufferBytes = 64 * 1024 * 1024;

/**
 * A Connect transport over @grpc/grpc-js, for any client that Connect's `createClient` makes.
 *
 * @param target a gRPC target: `host:port`, `dns:///name:port`, `unix:path`. Calls are spread over all its addresses.
 * @param services whose methods are retried where their policy allows; methods of others are never retried.
 */
export function createGrpcTransport(
  target: string,
  services: readonly DescService[],
  options: ClientOptions = {},
): GrpcTransport {
  const client = openClient(target, services, options);
  const timeoutsMs = { ...defaultTimeoutsMs, ...options.timeoutsMs };
  const open = (method: DescMethod, call: CallSettings): OpenCall => ({
    client,
    path: `/${method.parent.typeName}/${method.name}`,
    metadata: readHeaders(options.headers, call.header),
    deadline: deadlineAfter(call.timeoutMs ?? timeoutOf(method, timeoutsMs)),
    signal: call.signal,
  });
  return {
    async unary<I extends DescMessage, O extends DescMessage>(
      method: DescMethodUnary<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: CallHeaders,
      input: MessageInitShape<I>,
    ): Promise<UnaryResponse<I, O>> {
      const call = open(method, { signal, timeoutMs, header });
      return decodeReply(method, await callUnary(call, encodeRequest(method, input)));
    },
    async unaryEncoded<I extends DescMessage>(
      method: DescMethodUnary<I, DescMessage>,
      input: MessageInitShape<I>,
      { signal, timeoutMs, headers }: CallOptions = {},
    ): Promise<Uint8Array> {
      const call = open(method, { signal, timeoutMs, header: headers });
      return (await callUnary(call, encodeRequest(method, input))).bytes;
    },
    async stream<I extends DescMessage, O extends DescMessage>(
      method: DescMethodStreaming<I, O>,
      signal: AbortSignal | undefined,
      timeoutMs: number | undefined,
      header: CallHeaders,
      input: AsyncIterable<MessageInitShape<I>>,
    ): Promise<StreamResponse<I, O>> {
      return callStream(method, open(method, { signal, timeoutMs, header }), input);
    },
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}

interface CallSettings {
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly header: CallHeaders;
}

function openClient(target: string, services: readonly DescService[], options: ClientOptions): grpc.Client {
  return new grpc.Client(target, options.credentials ?? grpc.credentials.createInsecure(), {
    'grpc.service_config': buildServiceConfig(services, options.maxAttempts ?? 4),
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.per_rpc_retry_buffer_size': maxMessageBytes,
    'grpc.retry_buffer_size': retryBufferBytes,
    // A server that restarts is found again within its clients' retries.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
  });
}

/** Beyond 24 days a timer overflows and would end the call at once: no deadline then. */
function deadlineAfter(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs > 24 * 86_400_000) return Number.POSITIVE_INFINITY;
  return Date.now() + timeoutMs;
}

function readHeaders(...sets: readonly CallHeaders[]): grpc.Metadata {
  try {
    return toMetadata(...sets);
  } catch (cause) {
    throw new ConnectError('a header of the call is not valid', Code.InvalidArgument, undefined, undefined, cause);
  }
}

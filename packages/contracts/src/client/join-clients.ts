import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import type { GrpcTransport } from './grpc-transport.ts';

type Intersection<T> = (T extends unknown ? (part: T) => void : never) extends (all: infer All) => void ? All : never;

type UnaryMethods<S extends DescService> = {
  [M in keyof S['method'] as S['method'][M] extends DescMethodUnary ? M : never]: S['method'][M];
};

/** The unary methods of a service, whose replies stay bytes: for who hands them on, or reads little of them. */
type EncodedClient<S extends DescService> = {
  readonly [M in keyof UnaryMethods<S>]: (
    request: MessageInitShape<UnaryMethods<S>[M]['input']>,
    options?: CallOptions,
  ) => Promise<Uint8Array>;
};

/** The methods of several services in one object, which owns the transport. */
export type JoinedClient<S extends DescService> = Intersection<S extends unknown ? Client<S> : never> &
  AsyncDisposable & {
    /** The unary ones again: deadlines, retries and errors are the same, the reply is the message as it came. */
    readonly encoded: Intersection<S extends unknown ? EncodedClient<S> : never>;
  };

/** Joins the clients of services whose method names do not clash; disposing closes the channel. */
export function joinClients<S extends DescService>(services: readonly S[], transport: GrpcTransport): JoinedClient<S> {
  const encoded: Record<string, unknown> = {};
  const joined: Record<PropertyKey, unknown> = {
    encoded,
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
  for (const service of services) {
    Object.assign(joined, createClient(service, transport));
    for (const method of service.methods) {
      if (isServerStreaming(method)) joined[method.localName] = endWithReader(method, transport);
      if (isUnary(method)) encoded[method.localName] = leaveEncoded(method, transport);
    }
  }
  return joined as JoinedClient<S>;
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === 'server_streaming';
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary';
}

function leaveEncoded<I extends DescMessage>(method: DescMethodUnary<I, DescMessage>, transport: GrpcTransport) {
  return (request: MessageInitShape<I>, options?: CallOptions) => transport.unaryEncoded(method, request, options);
}

/** Connect's own server stream goes on when its reader leaves the loop; this one is cancelled then. */
function endWithReader<I extends DescMessage, O extends DescMessage>(
  method: DescMethodServerStreaming<I, O>,
  transport: GrpcTransport,
) {
  return async function* read(request: MessageInitShape<I>, options?: CallOptions): AsyncGenerator<MessageShape<O>> {
    const input = (async function* () {
      yield request;
    })();
    const { signal, timeoutMs, headers } = options ?? {};
    const response = await transport.stream(method, signal, timeoutMs, headers, input);
    options?.onHeader?.(response.header);
    yield* response.message;
    options?.onTrailer?.(response.trailer);
  };
}

import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { type CallOptions, type Client, createClient } from '@connectrpc/connect';
import type { GrpcTransport } from './grpc-transport.ts';

type Intersection<T> = (T extends unknown ? (part: T) => void : never) extends (all: infer All) => void ? All : never;

/** The methods of several services in one object, which owns the transport. */
export type JoinedClient<S extends DescService> = Intersection<S extends unknown ? Client<S> : never> & AsyncDisposable;

/** Joins the clients of services whose method names do not clash; disposing closes the channel. */
export function joinClients<S extends DescService>(services: readonly S[], transport: GrpcTransport): JoinedClient<S> {
  const joined: Record<PropertyKey, unknown> = {
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
  for (const service of services) {
    Object.assign(joined, createClient(service, transport));
    for (const method of service.methods) {
      if (isServerStreaming(method)) joined[method.localName] = endWithReader(method, transport);
    }
  }
  return joined as JoinedClient<S>;
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === 'server_streaming';
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

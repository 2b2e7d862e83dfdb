import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import type { EncodedReply } from './encoded-reply.ts';

/**
 * Parses the request, at the call: the pipeline decides when.
 *
 * @throws UnreadableError where the bytes or the JSON are no such message
 * @throws ConnectError where the message is larger than may be, found only now
 */
export type Receive<I extends DescMessage = DescMessage> = () => MessageShape<I>;

/** What a handler answers: a message, or its bytes where they are there already. */
export type Reply<O extends DescMessage = DescMessage> = MessageInitShape<O> | EncodedReply;

/** A unary method, ready for both ports. What `run` throws is answered as an error; a ConnectError is sent as it is. */
export interface MountedUnary {
  readonly kind: 'unary';
  readonly method: DescMethod;
  run(receive: Receive, context: HandlerContext): Promise<Reply>;
}

/**
 * A client stream. Each message is parsed by its own `Receive`. The end of `receives` commits nothing: a cancelled
 * stream ends the same way, and `context.signal` may abort only milliseconds later.
 */
export interface MountedClientStreaming {
  readonly kind: 'client_streaming';
  readonly method: DescMethod;
  run(receives: AsyncIterable<Receive>, context: HandlerContext): Promise<Reply>;
}

/**
 * A server stream. The next reply is asked for only when the reader has room. When the reader goes away, the iterator's
 * `return()` is called; one that waits must also heed `context.signal`.
 */
export interface MountedServerStreaming {
  readonly kind: 'server_streaming';
  readonly method: DescMethod;
  run(receive: Receive, context: HandlerContext): AsyncIterable<Reply>;
}

/** A stream in both directions; see the other two. */
export interface MountedBidiStreaming {
  readonly kind: 'bidi_streaming';
  readonly method: DescMethod;
  run(receives: AsyncIterable<Receive>, context: HandlerContext): AsyncIterable<Reply>;
}

/** A method, ready to be mounted on either port. */
export type Mounted = MountedUnary | MountedClientStreaming | MountedServerStreaming | MountedBidiStreaming;

/** A service, ready to be mounted on either port. A method that is missing answers a bare UNIMPLEMENTED. */
export interface MountedService {
  readonly service: DescService;
  readonly methods: readonly Mounted[];
}

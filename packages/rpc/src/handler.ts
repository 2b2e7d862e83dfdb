import type {
  DescMessage,
  DescMethod,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Call } from './call.ts';
import type { Reply } from './mounted.ts';

/** One request, one reply. The request has been validated, its ids are lower case. */
export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: Call,
) => Promise<Reply<O>>;

/**
 * A stream of requests, one reply. Each message has been validated. The end of the stream commits nothing: a cancelled
 * one looks the same.
 */
export type ClientStreamHandler<I extends DescMessage, O extends DescMessage> = (
  requests: AsyncIterable<MessageShape<I>>,
  call: Call,
) => Promise<Reply<O>>;

/** One request, a stream of replies; the next is asked for when the reader has room. */
export type ServerStreamHandler<I extends DescMessage, O extends DescMessage> = (
  request: MessageShape<I>,
  call: Call,
) => AsyncIterable<Reply<O>>;

/** The handler that a method of this kind takes. The contract has no method that streams both ways. */
export type HandlerOf<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? UnaryHandler<I, O>
    : M extends DescMethodClientStreaming<infer I, infer O>
      ? ClientStreamHandler<I, O>
      : M extends DescMethodServerStreaming<infer I, infer O>
        ? ServerStreamHandler<I, O>
        : never;

/** The handlers of a service. A method without one answers UNIMPLEMENTED `NOT_IMPLEMENTED`, through the pipeline. */
export type Handlers<S extends DescService> = Partial<{ [K in keyof S['method']]: HandlerOf<S['method'][K]> }>;

/** A handler of one of the three kinds; which one is known from the method. */
export type AnyHandler =
  | UnaryHandler<DescMessage, DescMessage>
  | ClientStreamHandler<DescMessage, DescMessage>
  | ServerStreamHandler<DescMessage, DescMessage>;

/** A service with its handlers, ready for the pipeline. */
export interface BoundService {
  readonly service: DescService;
  /** By the method's `localName`. */
  readonly handlers: ReadonlyMap<string, AnyHandler>;
}

/** Puts a service and its handlers together; the types see to it that each handler fits its method. */
export function bind<S extends DescService>(service: S, handlers: Handlers<S>): BoundService {
  const given = Object.entries<AnyHandler | undefined>(handlers as Record<string, AnyHandler | undefined>);
  const known = new Map<string, AnyHandler>();
  for (const [localName, handler] of given) {
    if (handler === undefined) continue;
    if (service.method[localName] === undefined) throw new Error(`${service.typeName} has no method ${localName}`);
    known.set(localName, handler);
  }
  return { service, handlers: known };
}

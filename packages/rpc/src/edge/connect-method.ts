import { type DescMethod, fromBinary, type Registry, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type MethodImpl } from '@connectrpc/connect';
import { abandon, gone, watchDeparture } from '../departure.ts';
import { EncodedReply } from '../encoded-reply.ts';
import type { Mounted, Receive, Reply } from '../mounted.ts';
import { parseBinary, parseJson } from '../parse-message.ts';
import { capturedMessages } from './capture-messages.ts';

/**
 * A mounted method as Connect's router takes it. The messages that Connect parsed are empty stand-ins; what is
 * received are the bytes kept aside, parsed when the pipeline asks.
 */
export function toConnectMethod(mounted: Mounted, reading: Reading): MethodImpl<DescMethod> {
  const { method } = mounted;
  const received = (parsed: unknown, context: HandlerContext) => receiver({ ...reading, method, context, parsed });
  switch (mounted.kind) {
    case 'unary':
      return untyped(async (request, context) => {
        return settle(method, () => mounted.run(received(request, context), context));
      });
    case 'client_streaming':
      return untyped(async (requests, context) => {
        return settle(method, () =>
          mounted.run(
            receiveAll(requests, (one) => received(one, context)),
            context,
          ),
        );
      });
    case 'server_streaming':
      return untyped((request, context) => {
        return replies(method, context.signal, () => mounted.run(received(request, context), context));
      });
    case 'bidi_streaming':
      return untyped((requests, context) => {
        const receives = receiveAll(requests, (one) => received(one, context));
        return replies(method, context.signal, () => mounted.run(receives, context));
      });
  }
}

/** Connect's types know a method's kind at compile time; here it is known by `mounted.kind`. */
function untyped(fn: (request: unknown, context: HandlerContext) => unknown): MethodImpl<DescMethod> {
  return fn as unknown as MethodImpl<DescMethod>;
}

/** How messages are read. */
export interface Reading {
  /** Looks up the types inside `Any`. */
  readonly registry: Registry;
  /** The largest message, in bytes of protobuf, whatever it came in. */
  readonly readMaxBytes: number;
}

interface Received extends Reading {
  readonly method: DescMethod;
  readonly context: HandlerContext;
  /** What Connect parsed; real only where nothing was kept aside. */
  readonly parsed: unknown;
}

function receiver({ method, registry, readMaxBytes, context, parsed }: Received): Receive {
  const captured = context.values.get(capturedMessages);
  const bytes = captured?.take();
  if (!captured || !bytes) return () => parsed as ReturnType<Receive>;
  if (bytes instanceof Error) {
    return () => {
      throw bytes;
    };
  }
  if (captured.format === 'json') {
    return () => {
      const message = parseJson(method.input, bytes, registry);
      // Shorter text is not measured: few messages take more room in protobuf than in JSON.
      if (bytes.length > readMaxBytes) assertSize(toBinary(method.input, message).length, readMaxBytes);
      return message;
    };
  }
  return () => parseBinary(method.input, bytes);
}

/** As Connect refuses what is too large before it is parsed. */
function assertSize(size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  const text = `the message takes ${size} bytes in protobuf, and may take ${maxBytes}`;
  throw new ConnectError(text, Code.ResourceExhausted);
}

async function* receiveAll(requests: unknown, received: (parsed: unknown) => Receive): AsyncIterable<Receive> {
  for await (const parsed of requests as AsyncIterable<unknown>) yield received(parsed);
}

async function settle(method: DescMethod, run: () => Promise<Reply>) {
  try {
    return toMessage(method, await run());
  } catch (error) {
    throw sendable(error);
  }
}

async function* replies(method: DescMethod, signal: AbortSignal, run: () => AsyncIterable<Reply>) {
  try {
    for await (const reply of iterateUntilAborted(run(), signal)) yield toMessage(method, reply);
  } catch (error) {
    throw sendable(error);
  }
}

/** Ends the iterator as soon as the signal aborts, even while it waits; Connect would notice at the next write. */
async function* iterateUntilAborted<T>(iterable: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  const departure = watchDeparture((onGone) => {
    signal.addEventListener('abort', onGone);
    return () => signal.removeEventListener('abort', onGone);
  });
  try {
    while (!signal.aborted) {
      const result = await departure.or(iterator.next());
      if (result === gone) throw signal.reason;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    departure.stop();
    void abandon(iterator);
  }
}

function toMessage({ output }: DescMethod, reply: Reply) {
  return reply instanceof EncodedReply ? fromBinary(output, reply.bytes) : reply;
}

/** Connect hangs a gRPC or gRPC-Web call on a message with a lone surrogate. */
function sendable(error: unknown): unknown {
  if (!(error instanceof ConnectError) || error.rawMessage.isWellFormed()) return error;
  const mended = new ConnectError(error.rawMessage.toWellFormed(), error.code, error.metadata);
  mended.details = error.details;
  return mended;
}

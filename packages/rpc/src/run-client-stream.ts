import type { DescMessage, Message } from '@bufbuild/protobuf';
import { beginCall } from './begin-call.ts';
import { encodeReply } from './encode-reply.ts';
import { EncodedReply } from './encoded-reply.ts';
import { TandemError } from './errors.ts';
import { TransportFailure } from './failure.ts';
import type { AnyHandler, ClientStreamHandler } from './handler.ts';
import type { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';
import type { MountedClientStreaming, Receive } from './mounted.ts';
import { notImplemented } from './not-implemented.ts';
import { endCall, enterCall, leaveCall, type Pipeline } from './pipeline.ts';
import { readRequest } from './read-request.ts';
import { within } from './within.ts';

/** The whole way of a client stream: as a unary call, but each message is parsed and checked as the handler takes it. */
export function runClientStream(
  plan: MethodPlan,
  pipeline: Pipeline,
  given: AnyHandler | undefined,
): MountedClientStreaming['run'] {
  const handler = given as ClientStreamHandler<DescMessage, DescMessage> | undefined;

  async function work(begun: { call: LiveCall; refusal: unknown }, receives: AsyncIterable<Receive>) {
    enterCall(pipeline, plan, begun);
    try {
      if (handler === undefined) throw notImplemented(plan);
      const reply = await handler(readRequests({ plan, pipeline, call: begun.call }, receives), begun.call);
      return new EncodedReply(encodeReply(plan.method.output, reply));
    } finally {
      leaveCall(pipeline, plan, begun.call);
    }
  }

  return async (receives, context) => {
    const begun = beginCall(plan, context, pipeline.access);
    const { call } = begun;
    void call.signal; // bound to the port from the start: nothing else tells a stream that its caller went away
    try {
      const reply = await boundedWithParting(call, work(begun, receives));
      endCall(pipeline, plan, call);
      return reply;
    } catch (thrown) {
      throw endCall(pipeline, plan, call, { thrown }).error;
    }
  };
}

/** How long a handler that the drain has aborted may take to say how far it came. Less than the drain waits for it. */
const LAST_WORD_MS = 250;

/** What the work gives, or the reason of an abort; the drain's is left to the work to tell, which may know more of it. */
async function boundedWithParting<T>(call: LiveCall, work: Promise<T>): Promise<T> {
  try {
    return await call.bounded(work);
  } catch (thrown) {
    if (thrown !== call.abortReason || !isDraining(thrown)) throw thrown;
    const lastWord = work.catch((error) => {
      throw isDraining(error) ? error : thrown;
    });
    return (await within(LAST_WORD_MS, lastWord)) ?? Promise.reject(thrown);
  }
}

function isDraining(thrown: unknown): boolean {
  return thrown instanceof TandemError && thrown.reason === 'DRAINING';
}

/** How long the end of a stream whose intake is over may take to be seen behind its last message. */
const END_SEEN_MS = 100;

/** The messages, checked one by one; throws the reason of an abort, or of the intake's end, even while it waits. */
async function* readRequests(
  { plan, pipeline, call }: { plan: MethodPlan; pipeline: Pipeline; call: LiveCall },
  receives: AsyncIterable<Receive>,
): AsyncGenerator<Message> {
  const iterator = receives[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await call.bounded(takeNext(pipeline, pull(iterator)));
      if (call.abortReason !== undefined) throw call.abortReason;
      if (next.done) return;
      yield readRequest(plan.method.input, next.value);
    }
  } finally {
    // Not awaited: it may itself wait for a message that never comes. Nobody is left to hear of its failure.
    iterator.return?.().catch(() => {});
  }
}

/** A stream that has ended by itself is no longer refused, for all that it brought is in. */
async function takeNext({ intake }: Pipeline, next: Promise<IteratorResult<Receive>>) {
  if (intake.reason === undefined) return await intake.bounded(next);
  const seen = await within(END_SEEN_MS, next);
  if (seen?.done) return seen;
  throw intake.reason;
}

async function pull(iterator: AsyncIterator<Receive>): Promise<IteratorResult<Receive>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw new TransportFailure(cause);
  }
}

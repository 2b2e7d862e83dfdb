import type { DescMessage } from '@bufbuild/protobuf';
import { beginCall } from './begin-call.ts';
import { encodeReply } from './encode-reply.ts';
import { EncodedReply } from './encoded-reply.ts';
import { TandemError } from './errors.ts';
import type { Failure } from './failure.ts';
import type { AnyHandler, ServerStreamHandler } from './handler.ts';
import type { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';
import type { MountedServerStreaming, Receive } from './mounted.ts';
import { notImplemented } from './not-implemented.ts';
import { endCall, enterCall, leaveCall, type Pipeline } from './pipeline.ts';
import { readRequest } from './read-request.ts';

/**
 * The whole way of a server stream. It ends with the reason of an abort even while the handler waits; the handler keeps
 * its place until it is really done. A reader who takes nothing for too long is given up: the handler ends at once, and
 * the reader is told so behind what he has not read.
 */
export function runServerStream(
  plan: MethodPlan,
  pipeline: Pipeline,
  given: AnyHandler | undefined,
): MountedServerStreaming['run'] {
  const handler = given as ServerStreamHandler<DescMessage, DescMessage> | undefined;

  async function* work(begun: { call: LiveCall; refusal: unknown }, receive: Receive, giveUp: GiveUp) {
    enterCall(pipeline, plan, begun);
    let replies: AsyncIterator<object> | undefined;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      void close(replies).finally(() => leaveCall(pipeline, plan, begun.call));
    };
    const giveUpReader = () => {
      giveUp(tooSlow(pipeline.maxReaderPauseMs));
      leave();
    };
    try {
      if (handler === undefined) throw notImplemented(plan);
      const request = readRequest(plan.method.input, receive);
      replies = handler(request, begun.call)[Symbol.asyncIterator]();
      for (;;) {
        const next = await begun.call.bounded(replies.next());
        if (next.done) return;
        using _ = startTimer(giveUpReader, pipeline.maxReaderPauseMs);
        yield new EncodedReply(encodeReply(plan.method.output, next.value));
      }
    } finally {
      leave();
    }
  }

  return async function* (receive, context) {
    const begun = beginCall(plan, context, pipeline.access);
    const { call } = begun;
    void call.signal; // bound to the port from the start: nothing else tells a stream that its reader went away
    let failure: Failure | undefined;
    const fail = (thrown: unknown): Failure => {
      failure ??= endCall(pipeline, plan, call, { thrown });
      return failure;
    };
    const giveUp = (reason: TandemError): void => {
      call.abort(reason);
      fail(call.abortReason);
    };
    let ended = false;
    try {
      yield* work(begun, receive, giveUp);
      ended = true;
      endCall(pipeline, plan, call);
    } catch (thrown) {
      ended = true;
      throw fail(thrown).error;
    } finally {
      if (!ended) giveUp(new TandemError('CANCELLED', 'The reader went away before the end.'));
    }
  };
}

/** Ends a call that nobody is told of now. */
type GiveUp = (reason: TandemError) => void;

function tooSlow(pauseMs: number): TandemError {
  return new TandemError(
    'OVERLOADED',
    `Nothing of this stream was read for ${pauseMs / 1000} s. Go on from the cursor of the last message, and read faster than you work.`,
  );
}

function startTimer(work: () => void, ms: number): Disposable {
  const timer = setTimeout(work, ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Lets the handler clean up, whatever it waits for; nobody is left to hear of its failure. */
async function close(replies: AsyncIterator<object> | undefined): Promise<void> {
  await Promise.allSettled([replies?.return?.()]);
}

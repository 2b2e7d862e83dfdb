import type { DescMessage } from '@bufbuild/protobuf';
import { beginCall } from './begin-call.ts';
import { encodeReply } from './encode-reply.ts';
import { EncodedReply } from './encoded-reply.ts';
import { TandemError } from './errors.ts';
import type { AnyHandler, ServerStreamHandler } from './handler.ts';
import type { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';
import type { MountedServerStreaming, Receive } from './mounted.ts';
import { notImplemented } from './not-implemented.ts';
import { endCall, enterCall, leaveCall, type Pipeline } from './pipeline.ts';
import { readRequest } from './read-request.ts';

/**
 * The whole way of a server stream. It ends with the reason of an abort even while the handler waits; the handler keeps
 * its place until it is really done.
 */
export function runServerStream(
  plan: MethodPlan,
  pipeline: Pipeline,
  given: AnyHandler | undefined,
): MountedServerStreaming['run'] {
  const handler = given as ServerStreamHandler<DescMessage, DescMessage> | undefined;

  async function* work(begun: { call: LiveCall; refusal: unknown }, receive: Receive) {
    enterCall(pipeline, plan, begun);
    let replies: AsyncIterator<object> | undefined;
    try {
      if (handler === undefined) throw notImplemented(plan);
      const request = readRequest(plan.method.input, receive);
      replies = handler(request, begun.call)[Symbol.asyncIterator]();
      for (;;) {
        const next = await begun.call.bounded(replies.next());
        if (next.done) return;
        yield new EncodedReply(encodeReply(plan.method.output, next.value));
      }
    } finally {
      void close(replies).finally(() => leaveCall(pipeline, plan, begun.call));
    }
  }

  function leaveUnread(call: LiveCall): void {
    const thrown = new TandemError('CANCELLED', 'The reader went away before the end.');
    call.abort(thrown);
    endCall(pipeline, plan, call, { thrown });
  }

  return async function* (receive, context) {
    const begun = beginCall(plan, context, pipeline.access);
    const { call } = begun;
    void call.signal; // bound to the port from the start: nothing else tells a stream that its reader went away
    let ended = false;
    try {
      yield* work(begun, receive);
      ended = true;
      endCall(pipeline, plan, call);
    } catch (thrown) {
      ended = true;
      throw endCall(pipeline, plan, call, { thrown }).error;
    } finally {
      if (!ended) leaveUnread(call);
    }
  };
}

/** Lets the handler clean up, whatever it waits for; nobody is left to hear of its failure. */
async function close(replies: AsyncIterator<object> | undefined): Promise<void> {
  await Promise.allSettled([replies?.return?.()]);
}

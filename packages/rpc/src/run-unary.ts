import type { DescMessage, Message } from '@bufbuild/protobuf';
import { answerMutation } from './answer-mutation.ts';
import { beginCall } from './begin-call.ts';
import { encodeReply } from './encode-reply.ts';
import { EncodedReply } from './encoded-reply.ts';
import type { AnyHandler, UnaryHandler } from './handler.ts';
import type { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';
import type { MountedUnary, Receive } from './mounted.ts';
import { claimMutation } from './mutation-claim.ts';
import { notImplemented } from './not-implemented.ts';
import { endCall, enterCall, leaveCall, type Pipeline } from './pipeline.ts';
import { readRequest } from './read-request.ts';

type Handle = (request: Message, call: LiveCall) => Promise<object>;

/**
 * The whole way of a unary call. What overruns its deadline, or whose caller went away, is answered at once; the handler
 * keeps its place until it is really done, and what it gives then is dropped.
 */
export function runUnary(plan: MethodPlan, pipeline: Pipeline, handler: AnyHandler | undefined): MountedUnary['run'] {
  const handle = handler && toHandle(plan, pipeline, handler as UnaryHandler<DescMessage, DescMessage>);

  async function work(begun: { call: LiveCall; refusal: unknown }, receive: Receive): Promise<EncodedReply> {
    enterCall(pipeline, plan, begun);
    try {
      if (handle === undefined) throw notImplemented(plan);
      const reply = await handle(readRequest(plan.method.input, receive), begun.call);
      return new EncodedReply(encodeReply(plan.method.output, reply));
    } finally {
      leaveCall(pipeline, plan, begun.call);
    }
  }

  return async (receive, context) => {
    const begun = beginCall(plan, context, pipeline.access);
    const { call } = begun;
    try {
      const reply = await call.bounded(work(begun, receive));
      endCall(pipeline, plan, call);
      return reply;
    } catch (thrown) {
      throw endCall(pipeline, plan, call, { thrown }).error;
    }
  };
}

function toHandle(plan: MethodPlan, pipeline: Pipeline, handler: UnaryHandler<DescMessage, DescMessage>): Handle {
  if (plan.requestIdField === undefined) return handler;
  const { domain, records, secretDigest } = pipeline;
  return async (request, call) => {
    call.claim = await claimMutation(plan, { request, call, secretDigest });
    return answerMutation(plan, { call, domain, records }, () => handler(request, call));
  };
}

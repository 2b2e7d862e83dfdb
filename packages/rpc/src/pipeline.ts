import type { Access } from './access.ts';
import type { Admission } from './admission.ts';
import { logCall } from './call-log.ts';
import type { CallMetrics } from './call-metrics.ts';
import type { TandemError } from './errors.ts';
import { type Failure, toFailure } from './failure.ts';
import type { IdempotencyRecords } from './idempotency.ts';
import type { Interruption } from './interruption.ts';
import type { LiveCall } from './live-call.ts';
import type { LiveCalls } from './live-calls.ts';
import type { Logger } from './logger.ts';
import type { MethodPlan } from './method-plan.ts';
import type { SecretDigest } from './mutation-claim.ts';

/** What every call of a server goes through, whatever its method. */
export interface Pipeline {
  /** The error domain, as `users.tandem`. */
  readonly domain: string;
  readonly access: Access;
  readonly admission: Admission;
  readonly calls: LiveCalls;
  /** Once it is interrupted, streams take no more messages, while what they have in work goes on. */
  readonly intake: Interruption<TandemError>;
  /** How long the reader of a server stream may leave a message unread, in milliseconds. */
  readonly maxReaderPauseMs: number;
  readonly metrics: CallMetrics;
  readonly log: Logger;
  readonly records: IdempotencyRecords | undefined;
  readonly secretDigest: SecretDigest | undefined;
}

/** Interrupted when what has not begun is to be ended; its reason is what callers are told, in the domain's name. */
export type Intake = Pick<Pipeline, 'intake' | 'domain'>;

/**
 * Lets a call in: admission, then permission, then its deadline.
 *
 * @param refusal what kept the caller from being known, if anything did
 * @throws TandemError; then `leaveCall` is not due
 */
export function enterCall(
  pipeline: Pipeline,
  plan: MethodPlan,
  { call, refusal }: { call: LiveCall; refusal: unknown },
): void {
  const { admission, access, calls } = pipeline;
  admission.enter(plan.costClass);
  try {
    if (refusal !== undefined) throw refusal;
    access.permit(call.caller, plan.scope);
    if (call.abortReason !== undefined) throw call.abortReason;
  } catch (error) {
    admission.leave(plan.costClass);
    throw error;
  }
  calls.add(call, plan.method.methodKind);
}

/** The handler is really done: its place is free. */
export function leaveCall({ admission, calls }: Pipeline, plan: MethodPlan, call: LiveCall): void {
  admission.leave(plan.costClass);
  calls.delete(call);
}

/** The answer is decided: logged and counted. Gives what is sent where the call failed. */
export function endCall(pipeline: Pipeline, plan: MethodPlan, call: LiveCall): void;
export function endCall(pipeline: Pipeline, plan: MethodPlan, call: LiveCall, failed: { thrown: unknown }): Failure;
export function endCall(
  pipeline: Pipeline,
  plan: MethodPlan,
  call: LiveCall,
  failed?: { thrown: unknown },
): Failure | undefined {
  call.end();
  const failure = failed && toFailure(failed.thrown, { domain: pipeline.domain, requestId: call.requestId });
  const durationMs = performance.now() - call.startedAt;
  logCall(pipeline.log, { call, method: plan.fullName, durationMs, failure });
  pipeline.metrics.countCall(plan.fullName, failure?.code ?? 'OK', durationMs);
  return failure;
}

import { randomUUID } from 'node:crypto';
import type { HandlerContext } from '@connectrpc/connect';
import type { Access } from './access.ts';
import { type HeaderAccess, headerAccess } from './header-access.ts';
import { LiveCall } from './live-call.ts';
import type { MethodPlan } from './method-plan.ts';

/** Of a unary call, in milliseconds, whatever its caller says. */
const MAX_BUDGET_MS = 60_000;
const REQUEST_ID = /^[!-~]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Begins a call: its request id (the caller's where it is 1 to 128 visible ASCII characters, else a new one; sent back
 * in any case), its caller and its deadline. A refusal of the caller comes back as `refusal`, for it must be answered
 * like any other.
 */
export function beginCall(
  plan: MethodPlan,
  context: HandlerContext,
  access: Access,
): { call: LiveCall; refusal: unknown } {
  const headers = headerAccess(context);
  const given = headers.readHeader('x-request-id');
  const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
  headers.setHeader('x-request-id', requestId);
  const { caller, refusal } = identify(access, headers);
  const traceparent = headers.readHeader('traceparent');
  const call = new LiveCall({
    context,
    requestId,
    caller,
    deadline: toDeadline(plan, context.timeoutMs()),
    idempotency: plan.idempotency,
    traceparent: traceparent !== undefined && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  });
  return { call, refusal };
}

function identify(access: Access, headers: HeaderAccess): { caller: string; refusal: unknown } {
  try {
    return { caller: access.identify(headers), refusal: undefined };
  } catch (refusal) {
    return { caller: 'unknown', refusal };
  }
}

/** Streams have their caller's deadline or none; other calls always have one. */
function toDeadline({ method, defaultBudgetMs = MAX_BUDGET_MS }: MethodPlan, callersMs: number | undefined): number {
  const asked = callersMs === undefined || Number.isNaN(callersMs) ? Number.POSITIVE_INFINITY : callersMs;
  if (method.methodKind !== 'unary') return Date.now() + asked;
  return Date.now() + Math.min(asked === Number.POSITIVE_INFINITY ? defaultBudgetMs : asked, MAX_BUDGET_MS);
}

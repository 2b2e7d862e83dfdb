import type { Failure } from './failure.ts';
import type { LiveCall } from './live-call.ts';
import type { Logger } from './logger.ts';

/** One line a call: `debug` where it was answered, `info` where it was refused, `error` with the stack for a defect. */
export function logCall(log: Logger, { call, method, durationMs, failure }: CallEnd): void {
  if (failure === undefined) {
    if (log.isLevelEnabled('debug')) log.debug(toFields({ call, method, durationMs, failure }), 'call answered');
    return;
  }
  if (failure.defect === undefined) log.info(toFields({ call, method, durationMs, failure }), 'call refused');
  else log.error({ ...toFields({ call, method, durationMs, failure }), stack: stackOf(failure.defect) }, 'call failed');
}

/** How a call ended. */
export interface CallEnd {
  readonly call: LiveCall;
  /** The method's full name. */
  readonly method: string;
  readonly durationMs: number;
  /** Undefined where the call was answered. */
  readonly failure: Failure | undefined;
}

/** Nothing of what the request holds, nor of who it is about. */
function toFields({ call, method, durationMs, failure }: CallEnd): object {
  return {
    method,
    code: failure?.code ?? 'OK',
    reason: failure?.reason,
    durationMs: Math.round(durationMs * 1000) / 1000,
    requestId: call.requestId,
    caller: call.caller,
    traceparent: call.traceparent,
  };
}

/** The stacks of an error and of what caused it; never its other properties, where drivers keep values and SQL. */
function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `thrown: ${typeof thrown}`;
  const own = thrown.stack ?? thrown.message;
  return thrown.cause instanceof Error ? `${own}\ncaused by ${stackOf(thrown.cause)}` : own;
}

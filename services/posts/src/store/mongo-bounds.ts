import { type CallBounds, TandemError } from '@tandem/rpc';

/** No statement runs longer, also where a stream has no deadline. */
const maxStatementMs = 60_000;

/** `maxTimeMS` for a statement of this call: the server ends it and keeps the connection. */
export function timeLeft({ deadline }: Pick<CallBounds, 'deadline'>): { maxTimeMS: number } {
  const left = Math.floor(deadline - Date.now());
  if (left <= 0) throw new TandemError('DEADLINE_EXCEEDED', 'The time for the call is over.');
  return { maxTimeMS: Math.min(left, maxStatementMs) };
}

/**
 * For reads that may take long: the signal ends them at once when the caller goes away; together with `maxTimeMS`, as
 * an aborted statement alone may run on in the server.
 */
export function boundsOf(call: CallBounds): { maxTimeMS: number; signal: AbortSignal } {
  return { ...timeLeft(call), signal: call.signal };
}

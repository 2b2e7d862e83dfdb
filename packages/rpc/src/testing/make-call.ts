import type { Call } from '../call.ts';

/** A call in open mode with 10 s left. */
export function makeCall(fields: Partial<Call> = {}): Call {
  return {
    requestId: 'test',
    caller: 'anonymous',
    deadline: Date.now() + 10_000,
    signal: new AbortController().signal,
    traceparent: undefined,
    claim: undefined,
    ...fields,
  };
}

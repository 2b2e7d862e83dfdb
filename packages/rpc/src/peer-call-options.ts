import type { CallOptions } from '@connectrpc/connect';
import type { Call } from './call.ts';

/**
 * What a call hands on to a peer that is asked on its behalf: the time that is left, its signal, its request id and its
 * trace context. Time is at least 1 ms, so that a call that is over fails as such and not as one without a deadline.
 */
export function peerCallOptions(call: Omit<Call, 'claim' | 'caller'>): CallOptions {
  const headers = new Headers({ 'x-request-id': call.requestId });
  if (call.traceparent !== undefined) headers.set('traceparent', call.traceparent);
  const options: CallOptions = { signal: call.signal, headers };
  if (call.deadline !== Number.POSITIVE_INFINITY) options.timeoutMs = Math.max(call.deadline - Date.now(), 1);
  return options;
}

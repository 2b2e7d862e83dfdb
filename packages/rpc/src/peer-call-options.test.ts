import { describe, expect, it } from 'vitest';
import { peerCallOptions } from './peer-call-options.ts';

const call = {
  requestId: 'r-1',
  deadline: Number.POSITIVE_INFINITY,
  signal: new AbortController().signal,
  traceparent: undefined,
};

describe('what a peer is handed on', () => {
  it('is the request id, the trace context and the signal', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers, signal } = peerCallOptions({ ...call, traceparent });
    expect(Object.fromEntries(new Headers(headers))).toEqual({ 'x-request-id': 'r-1', traceparent });
    expect(signal).toBe(call.signal);
  });

  it('is the time that is left, and none where there is no deadline', () => {
    expect(peerCallOptions({ ...call, deadline: Date.now() + 60_000 }).timeoutMs).toBeGreaterThan(59_000);
    expect(peerCallOptions(call)).not.toHaveProperty('timeoutMs');
  });

  it('is a millisecond, not no deadline at all, when the time is over', () => {
    expect(peerCallOptions({ ...call, deadline: Date.now() - 5 }).timeoutMs).toBe(1);
  });
});

import { Code, ConnectError, createHandlerContext } from '@connectrpc/connect';
import { Idempotency } from '@tandem/contracts/options';
import { UserService } from '@tandem/contracts/users';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { draining } from './admission.ts';
import { LiveCall } from './live-call.ts';

const DAY_MS = 86_400_000;

function useCall(leftMs: number, shutdownSignal?: AbortSignal, idempotency = Idempotency.READ): LiveCall {
  const context = createHandlerContext({
    service: UserService,
    method: UserService.method.getUser,
    protocolName: 'grpc',
    requestMethod: 'POST',
    url: 'http://localhost',
    ...(shutdownSignal && { shutdownSignal }),
  });
  return new LiveCall({
    context,
    requestId: 'r',
    caller: 'c',
    deadline: Date.now() + leftMs,
    traceparent: undefined,
    idempotency,
  });
}

const never = () => new Promise<never>(() => {});

describe('a live call', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives what the work gives', async () => {
    expect(await useCall(1000).bounded(Promise.resolve(7))).toBe(7);
  });

  it('gives up at the deadline, with its signal aborted for the same reason', async () => {
    const call = useCall(1000);
    const { signal } = call;
    const result = expect(call.bounded(never())).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    vi.advanceTimersByTime(1000);
    await result;
    expect(signal.reason).toBe(call.abortReason);
  });

  it('waits out a deadline beyond what a timer can hold', () => {
    const call = useCall(60 * DAY_MS);
    vi.advanceTimersByTime(59 * DAY_MS);
    expect(call.abortReason).toBeUndefined();
    vi.advanceTimersByTime(DAY_MS);
    expect(call.abortReason).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('is over from the start where its deadline has passed', () => {
    expect(useCall(0).abortReason).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it.each([
    { name: 'a read', idempotency: Idempotency.READ, change: false, requestId: false },
    { name: 'a mutation', idempotency: Idempotency.REQUEST_ID_OPTIONAL, change: true, requestId: true },
    { name: 'a mutation without request_id', idempotency: Idempotency.NATURAL, change: true, requestId: false },
  ])('tells $name past its deadline what may have happened and what to do', ({ idempotency, change, requestId }) => {
    const { message } = useCall(0, undefined, idempotency).abortReason!;
    expect(message).toContain('with more time');
    expect([message.includes('change was made'), message.includes('request_id')]).toEqual([change, requestId]);
  });

  it('has no deadline where there is none', () => {
    const call = useCall(Number.POSITIVE_INFINITY);
    expect(vi.getTimerCount()).toBe(0);
    expect(call.abortReason).toBeUndefined();
  });

  it('is CANCELLED when its caller goes away', () => {
    const port = new AbortController();
    const { signal } = useCall(1000, port.signal);
    port.abort(new ConnectError('gone', Code.Canceled));
    expect(signal.reason).toMatchObject({ reason: 'CANCELLED' });
  });

  it('is DEADLINE_EXCEEDED where the port says so a moment earlier', () => {
    const port = new AbortController();
    const { signal } = useCall(1000, port.signal);
    port.abort(new ConnectError('late', Code.DeadlineExceeded));
    expect(signal.reason).toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('gives a signal that is aborted already to whoever asks late', () => {
    const call = useCall(1000);
    call.abort(draining());
    expect(call.signal.reason).toMatchObject({ reason: 'DRAINING' });
  });

  it('aborts nothing once it has ended, and leaves no timer', () => {
    const call = useCall(1000);
    const { signal } = call;
    call.end();
    call.abort(draining());
    expect([signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
  });

  it('drops what the work does after it was given up, a failure too', async () => {
    const call = useCall(1000);
    const { promise, reject } = Promise.withResolvers<void>();
    const result = expect(call.bounded(promise)).rejects.toMatchObject({ reason: 'DRAINING' });
    call.abort(draining());
    await result;
    reject(new Error('late')); // an unhandled rejection fails this run
    await promise.catch(() => {});
  });
});

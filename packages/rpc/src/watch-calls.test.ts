import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchCalls } from './watch-calls.ts';

const deadline = Date.now() + 60_000;
const makeCalls = (count: number) =>
  Array.from({ length: count }, () => {
    const controller = new AbortController();
    return { deadline, signal: controller.signal, abort: (reason?: unknown) => controller.abort(reason) };
  });

type TestCall = ReturnType<typeof makeCalls>[number];

describe('watchCalls', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('aborts when the last of the calls does, with its reason', () => {
    const [first, second] = makeCalls(2) as [TestCall, TestCall];
    using watch = watchCalls([first, second]);
    vi.advanceTimersByTime(20);
    first.abort(new Error('first'));
    expect(watch.signal.aborted).toBe(false);
    second.abort(new Error('second'));
    expect(watch.signal.reason).toEqual(new Error('second'));
  });

  it('counts a call once though it reads twice', () => {
    const [call, other] = makeCalls(2) as [TestCall, TestCall];
    using watch = watchCalls([call, call, other]);
    vi.advanceTimersByTime(20);
    call.abort();
    expect(watch.signal.aborted).toBe(false);
    other.abort();
    expect(watch.signal.aborted).toBe(true);
  });

  it('sees calls that were over before it looked', () => {
    const [call] = makeCalls(1) as [TestCall];
    using watch = watchCalls([call]);
    call.abort(new Error('went away'));
    vi.advanceTimersByTime(20);
    expect(watch.signal.reason).toEqual(new Error('went away'));
  });

  it('never looks at the signal of a call whose work is quick', () => {
    let looks = 0;
    const call = {
      deadline,
      get signal() {
        looks += 1;
        return new AbortController().signal;
      },
    };
    const watch = watchCalls([call]);
    vi.advanceTimersByTime(19);
    watch[Symbol.dispose]();
    vi.advanceTimersByTime(1_000);
    expect(looks).toBe(0);
  });
});

import type { CallBounds } from './idempotency.ts';

/** To look at a call's signal makes it, at a sixth of the price of a cheap call; a read is nearly always over before. */
const lookAfterMs = 20;

/** The calls that one piece of work is done for. */
export interface CallWatch extends CallBounds, Disposable {
  /** The latest of theirs. */
  readonly deadline: number;
  /** Aborted, with the last one's reason, when all of the calls have been. */
  readonly signal: AbortSignal;
}

/** Watches calls that share work, so that it can end when nobody waits for it; looks at them only after 20 ms. */
export function watchCalls(calls: readonly CallBounds[]): CallWatch {
  const controller = new AbortController();
  const live = new Set<AbortSignal>();
  const leave = ({ target }: Event) => {
    if (!(target instanceof AbortSignal)) return;
    live.delete(target);
    if (live.size === 0) controller.abort(target.reason);
  };
  const look = () => {
    const signals = calls.map((call) => call.signal);
    for (const signal of signals) if (!signal.aborted) live.add(signal);
    for (const signal of live) signal.addEventListener('abort', leave, { once: true });
    if (live.size === 0) controller.abort(signals.at(-1)?.reason);
  };
  const timer = setTimeout(look, lookAfterMs);
  return {
    deadline: Math.max(...calls.map((call) => call.deadline)),
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const signal of live) signal.removeEventListener('abort', leave);
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '@tandem/contracts/wire';

/** How long the service may be away. */
export interface Patience {
  /** Before it answered for the first time, in milliseconds: a wrong address should be told soon. Default 5,000. */
  readonly firstMs: number;
  /** After that, in milliseconds: it may be restarting. Default 60,000. */
  readonly laterMs: number;
  /** The first pause, in milliseconds; each next one is twice as long, up to 5,000. Default 200. */
  readonly pauseMs: number;
}

export const defaultPatience: Patience = { firstMs: 5_000, laterMs: 60_000, pauseMs: 200 };

export interface RetryOptions {
  readonly patience: Patience;
  readonly signal: AbortSignal;
  /** Told before each pause. */
  readonly onRetry: (error: ConnectError) => void;
}

/** Tries an action again while the service is away or asks to wait. It remembers whether the service ever answered. */
export function createRetrier({ patience, signal, onRetry }: RetryOptions) {
  let answered = false;
  return async function retry<T>(action: (attempt: number) => Promise<T>): Promise<T> {
    const giveUpAt = Date.now() + (answered ? patience.laterMs : patience.firstMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await action(attempt);
        answered = true;
        return result;
      } catch (error) {
        if (!isTransient(error) || signal.aborted || Date.now() >= giveUpAt) throw error;
        onRetry(error);
        await sleep(pauseBefore(attempt, { error, pauseMs: patience.pauseMs }), undefined, { signal });
      }
    }
  };
}

const transientCodes = new Set([Code.Unavailable, Code.ResourceExhausted, Code.Aborted]);
// How a connection that breaks under a stream may look.
const brokenStreamCodes = new Set([Code.Unavailable, Code.Internal, Code.Canceled, Code.Aborted]);

function isTransient(error: unknown): error is ConnectError {
  if (!(error instanceof ConnectError)) return false;
  const answeredByService = error.findDetails(ErrorInfoSchema).length > 0;
  return (answeredByService ? transientCodes : brokenStreamCodes).has(error.code);
}

function pauseBefore(attempt: number, { error, pauseMs }: { error: ConnectError; pauseMs: number }): number {
  const asked = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const askedMs = asked ? Number(asked.seconds) * 1000 + asked.nanos / 1e6 : 0;
  return Math.min(5_000, Math.max(askedMs, pauseMs * 2 ** (attempt - 1)));
}

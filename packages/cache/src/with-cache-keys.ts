import type { FencedAttempts } from './run-fenced.ts';

/**
 * A call as the store below sees it, with what the attempt under way wrote. The signal of a call may be made on first use
 * only, and then is no property of its own: a mere copy would lack it.
 */
export function withCacheKeys<Call extends { readonly signal: AbortSignal }>(call: Call, attempts: FencedAttempts) {
  return {
    ...call,
    get signal() {
      return call.signal;
    },
    cacheKeys: () => attempts.keys,
  };
}

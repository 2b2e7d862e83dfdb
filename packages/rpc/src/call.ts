import type { Claim } from './idempotency.ts';

/**
 * What a handler is told about the call it answers. Stores take the narrow part of it that they need, structurally.
 */
export interface Call {
  /** The call's `x-request-id`: the caller's own, or one that was made. */
  readonly requestId: string;
  /** Who calls; `anonymous` in open mode. */
  readonly caller: string;
  /** When the answer is due, in milliseconds since the epoch; `Infinity` for a stream without a deadline. */
  readonly deadline: number;
  /**
   * Aborted at the deadline, when the caller went away, and when the drain's grace is over (a server stream: when the
   * drain begins); its reason is a `TandemError`. Made on first use: what does not need it should not touch it.
   */
  readonly signal: AbortSignal;
  /** The caller's W3C trace context, to be handed on. */
  readonly traceparent: string | undefined;
  /** There when the method is a mutation and the request carried a `request_id`. */
  readonly claim: Claim | undefined;
}

import type { TimeMillis } from './post.ts';

/** A point in time as seconds and nanoseconds, in the manner of `google.protobuf.Timestamp`. */
export interface SecondsAndNanos {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Cut to the millisecond, toward the past. */
export function toMillis({ seconds, nanos }: SecondsAndNanos): TimeMillis {
  return Number(seconds) * 1000 + Math.floor(nanos / 1_000_000);
}

/**
 * The first millisecond that is not before it: what a bound on times becomes that are kept to the millisecond, so that
 * "at or after" and "before" mean what was asked.
 */
export function toMillisUp({ seconds, nanos }: SecondsAndNanos): TimeMillis {
  return Number(seconds) * 1000 + Math.ceil(nanos / 1_000_000);
}

export function fromMillis(millis: TimeMillis): SecondsAndNanos {
  const seconds = Math.floor(millis / 1000);
  return { seconds: BigInt(seconds), nanos: (millis - seconds * 1000) * 1_000_000 };
}

/** When a post is changed: a clock that went back must not bring its last change before an earlier one. */
export function timeOfChange({ updateTime }: { readonly updateTime: TimeMillis }, now: TimeMillis): TimeMillis {
  return Math.max(now, updateTime);
}

import type { TimeMicros } from './user.ts';

const microsPerSecond = 1_000_000n;

/** A point in time as seconds and nanoseconds, in the manner of `google.protobuf.Timestamp`. */
export interface SecondsAndNanos {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** Cut to the microsecond, toward the past. */
export function toMicros({ seconds, nanos }: SecondsAndNanos): TimeMicros {
  return seconds * microsPerSecond + BigInt(Math.floor(nanos / 1000));
}

/**
 * The first microsecond that is not before it: what a bound on times becomes that are kept to the microsecond, so that
 * "at or after" and "before" mean what was asked.
 */
export function toMicrosUp({ seconds, nanos }: SecondsAndNanos): TimeMicros {
  return seconds * microsPerSecond + BigInt(Math.ceil(nanos / 1000));
}

export function fromMicros(micros: TimeMicros): SecondsAndNanos {
  const rest = ((micros % microsPerSecond) + microsPerSecond) % microsPerSecond;
  return { seconds: (micros - rest) / microsPerSecond, nanos: Number(rest) * 1000 };
}

/** As text in UTC with six decimals, exact; what PostgreSQL reads as `timestamptz`. Years 1 to 10000. */
export function toTimeText(micros: TimeMicros): string {
  const { seconds, nanos } = fromMicros(micros);
  const date = new Date(Number(seconds) * 1000);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${time}.${String(nanos / 1000).padStart(6, '0')}+00`;
}

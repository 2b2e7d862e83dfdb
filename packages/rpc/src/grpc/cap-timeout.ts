import { maxTimerMs } from '../max-timer.ts';

const unitMs: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000 };

/** A `grpc-timeout` no longer than a timer can hold; what is none stays as it is. */
export function capTimeout(timeout: string): string {
  const [, digits, unit] = /^(\d{1,8})([HMS])$/.exec(timeout) ?? [];
  const ms = Number(digits) * (unitMs[unit ?? ''] ?? 0);
  return ms > maxTimerMs ? `${Math.floor(maxTimerMs / 1000)}S` : timeout;
}

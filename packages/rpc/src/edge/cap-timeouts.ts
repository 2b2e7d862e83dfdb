import { capTimeout } from '../grpc/cap-timeout.ts';
import { maxTimerMs } from '../max-timer.ts';

/** Cuts the timeouts of both protocols to what a timer can hold; a longer one would be over at once. */
export function capTimeouts(header: Headers): void {
  const grpc = header.get('grpc-timeout');
  if (grpc !== null) header.set('grpc-timeout', capTimeout(grpc));
  const connect = header.get('connect-timeout-ms');
  if (connect !== null && /^\d{10}$/.test(connect) && Number(connect) > maxTimerMs) {
    header.set('connect-timeout-ms', String(maxTimerMs));
  }
}

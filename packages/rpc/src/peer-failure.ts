import { Code, ConnectError } from '@connectrpc/connect';
import type { Call } from './call.ts';
import { TandemError } from './errors.ts';

/**
 * What to throw where a peer that was asked on a call's behalf failed: a call that is over is told as that; all else is
 * `PEER_UNAVAILABLE`, whatever it was.
 *
 * @param peer who was asked and for what, as `users service, which knows the authors`
 */
export function toPeerFailure(error: unknown, peer: string, { signal }: Pick<Call, 'signal'>): unknown {
  if (signal.aborted) return signal.reason;
  const known = Code[ConnectError.from(error).code] ?? 'an unknown code';
  const text = `The ${peer}, did not answer (${known}). Try again a little later.`;
  return new TandemError('PEER_UNAVAILABLE', text, { cause: error });
}

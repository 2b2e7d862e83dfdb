import { TandemError } from './errors.ts';

/** What a call receives in place of a request that did not come whole; to take it is to be refused for the reason. */
export class Unreceived {
  readonly reason: TandemError;

  constructor(reason: TandemError) {
    this.reason = reason;
  }
}

/** How long the rest of a request may take by default, in milliseconds. */
export const REQUEST_MAX_MS = 60_000;

/** The refusal of a request, or of a message of a stream, that does not come to its end. */
export function tooSlow(): TandemError {
  return new TandemError(
    'DEADLINE_EXCEEDED',
    'The time for this call was over before its request was whole. Send it again, with more time or faster.',
  );
}

import { type Call, TandemError } from '@tandem/rpc';
import type { DirectoryCall } from '../peers/author-directory.ts';
import type { StoreCall } from '../store/store.ts';

/** Many times what the largest rows that a message can hold take on a machine with much else to do. */
const defaultStepMs = 120_000;

export interface ImportStep {
  /** What is done, for a person: `writing rows 3 to 5 of the message`. */
  readonly what: string;
  readonly call: Call;
  /** Default 120,000. */
  readonly limitMs?: number;
}

/**
 * Runs a step of an import. A stream has no deadline of its own; each of its steps has, and one that overruns it says so:
 * it is not the call's time that is over.
 */
export async function runImportStep<T>(
  { what, call, limitMs = defaultStepMs }: ImportStep,
  run: (bounds: DirectoryCall & StoreCall) => Promise<T>,
): Promise<T> {
  const { requestId, traceparent, signal } = call;
  const deadline = Math.min(call.deadline, Date.now() + limitMs);
  try {
    return await run({ requestId, traceparent, signal, deadline });
  } catch (error) {
    if (!(error instanceof TandemError) || error.reason !== 'DEADLINE_EXCEEDED') throw error;
    throw deadline < call.deadline ? tookTooLong({ what, limitMs, cause: error }) : error;
  }
}

function tookTooLong({ what, limitMs, cause }: { what: string; limitMs: number; cause: unknown }): TandemError {
  return new TandemError(
    'STORE_UNAVAILABLE',
    `The import stopped: ${what} took longer than the ${limitMs / 1_000} s that a step may take. All rows before are in. ` +
      'Send the rest again, with fewer rows in a message, or later; ON_DUPLICATE_SKIP passes over what is in.',
    { cause },
  );
}

/** The rows of a part for a person, by their places in the message, from 0. */
export function namePlaces(places: readonly number[]): string {
  const [first, last] = [places.at(0), places.at(-1)];
  if (first === undefined) return 'no rows';
  return first === last ? `row ${first} of the message` : `rows ${first} to ${last} of the message`;
}

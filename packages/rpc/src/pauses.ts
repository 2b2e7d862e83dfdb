import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CallBounds } from './idempotency.ts';

/** After so many units of text, which are read in some milliseconds, other calls have their turn. */
const unitsPerTurn = 10_000;

/**
 * To be awaited before so many units of text are read: undefined, or where other calls are to have their turn first, a
 * promise of one's own. That rejects with the reason of the call's signal when the call's time is over.
 */
export type Pause = (units: number) => Promise<void> | undefined;

/** Parts what a call does with long texts, so that it does not keep the thread from other calls. */
export function createPauses(bounds: CallBounds): Pause {
  let read = 0;
  const rest = async (units: number) => {
    read = units;
    await nextTurn();
    if (Date.now() >= bounds.deadline) bounds.signal.throwIfAborted();
  };
  return (units) => {
    read += units;
    return read > unitsPerTurn ? rest(units) : undefined;
  };
}

import { within } from '@tandem/rpc';

/** Lets groups begin one after the other, so that each finds more to take along, without waiting for one that lasts. */
export interface GroupTurns {
  /** Calls `begin` at the end of this tick, or when what is under way is over, but no later than a moment after. */
  next(begin: () => void): void;
  /** Says what is under way now. */
  take(work: Promise<unknown>): void;
}

export function createGroupTurns({ maxWaitMs }: { readonly maxWaitMs: number }): GroupTurns {
  let current: Promise<void> | undefined;
  return {
    next(begin) {
      setImmediate(async () => {
        if (current !== undefined) await within(maxWaitMs, current);
        begin();
      });
    },
    take(work) {
      const over = work.then(
        () => {},
        () => {},
      );
      current = over;
      void over.then(() => {
        if (current === over) current = undefined;
      });
    },
  };
}

/** What `orDeparture` gives instead of the work's result. */
export const gone = Symbol('the reader is gone');

/** Waits that end when the reader of an answer goes away. */
export interface Departure {
  /** What the work gives, or `gone` where the reader goes first. One wait at a time. */
  or<T>(work: Promise<T>): Promise<T | typeof gone>;
  stop(): void;
}

/**
 * One slot, taken anew for each wait: `Promise.race` against one promise would gather a reaction per message.
 *
 * @param subscribe is given what to call when the reader goes; returns how to unsubscribe
 */
export function watchDeparture(subscribe: (onGone: () => void) => () => void): Departure {
  let leave = (): void => {};
  const stop = subscribe(() => leave());
  return {
    or(work) {
      return new Promise((resolve, reject) => {
        leave = () => resolve(gone);
        work.then(resolve, reject);
      });
    },
    stop,
  };
}

/** Ends an iterator that nobody reads any more; what it still does or fails at is of no interest to anyone. */
export async function abandon<T>(iterator: AsyncIterator<T>, pending?: Promise<IteratorResult<T>>): Promise<void> {
  await Promise.allSettled([pending, iterator.return?.()]);
}

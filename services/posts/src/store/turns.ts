import { type CallBounds, TandemError } from '@tandem/rpc';

/**
 * Work on the same documents, one at a time within this process, in the order it came. Transactions that meet in the
 * database run again instead, the more often the more there are.
 */
export class Turns {
  /** By id: over when the last one in the line is. */
  readonly #tails = new Map<string, Promise<void>>();

  /**
   * Runs `work` when all that came before for any of `ids` are over. Lines are joined in one step, so no two wait for
   * each other.
   *
   * @throws TandemError `DEADLINE_EXCEEDED`, or the reason of the call's signal, while waiting
   */
  async run<T>(ids: readonly string[], bounds: CallBounds, work: () => Promise<T>): Promise<T> {
    const before = ids.flatMap((id) => this.#tails.get(id) ?? []);
    const mine = Promise.withResolvers<void>();
    this.#join(ids, Promise.all([...before, mine.promise]));
    try {
      if (before.length > 0) await waitWithin(bounds, Promise.all(before));
      return await work();
    } finally {
      mine.resolve();
    }
  }

  #join(ids: readonly string[], over: Promise<unknown>): void {
    const tail = over.then(() => {
      for (const id of ids) if (this.#tails.get(id) === tail) this.#tails.delete(id);
    });
    for (const id of ids) this.#tails.set(id, tail);
  }
}

async function waitWithin({ deadline, signal }: CallBounds, turn: Promise<unknown>): Promise<void> {
  const over = Promise.withResolvers<never>();
  const giveUp = () => over.reject(signal.reason);
  const leftMs = Math.min(deadline - Date.now(), 2 ** 31 - 1);
  const timer = setTimeout(() => over.reject(late()), leftMs);
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) giveUp();
    await Promise.race([turn, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

function late(): TandemError {
  return new TandemError(
    'DEADLINE_EXCEEDED',
    'Changes of the same post or author came before, and the time for the call is over. Nothing was changed; send it again.',
  );
}

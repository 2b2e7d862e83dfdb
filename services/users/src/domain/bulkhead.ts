/** Why somebody did not get in. */
export type BulkheadRefusal = 'queue-full' | 'waited-too-long';

export interface BulkheadOptions {
  /** How many are inside at once. */
  readonly concurrency: number;
  /** How many may wait; more are refused at once. */
  readonly queueLimit: number;
  /** How long one may wait, in milliseconds; default: until its signal is aborted. */
  readonly maxWaitMs?: number;
  /** Makes the error that a refusal is told by. */
  readonly refuse: (why: BulkheadRefusal) => Error;
}

interface Waiting {
  readonly enter: () => void;
}

/** Lets so many in at once, so many wait, in order, and refuses the rest quickly. */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #queue = new Set<Waiting>();
  #inside = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  /** How many are inside now. */
  get inside(): number {
    return this.#inside;
  }

  /**
   * Waits for a place and returns what gives it back.
   *
   * @throws what `refuse` made, or the signal's reason
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    if (this.#inside < this.#options.concurrency) this.#inside += 1;
    else await this.#wait(signal);
    return () => this.#leave();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { queueLimit, maxWaitMs, refuse } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#queue.size >= queueLimit) return Promise.reject(refuse('queue-full'));
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        settle();
        reject(reason);
      };
      const onAbort = () => giveUp(signal?.reason);
      const timer =
        maxWaitMs === undefined ? undefined : setTimeout(() => giveUp(refuse('waited-too-long')), maxWaitMs);
      const waiting = { enter: () => resolve(settle()) };
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#queue.delete(waiting);
      };
      this.#queue.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The place goes to the one who waits longest, if any. */
  #leave(): void {
    const [next] = this.#queue;
    if (next === undefined) this.#inside -= 1;
    else next.enter();
  }
}

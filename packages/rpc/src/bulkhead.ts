/** Why somebody did not get in. */
export type BulkheadRefusal = 'queue-full' | 'waited-too-long' | 'stalled';

export interface BulkheadOptions {
  /** How many are inside at once. */
  readonly concurrency: number;
  /** How many may wait; more are refused at once. */
  readonly queueLimit: number;
  /** How long one may wait, in milliseconds; default: until its signal is aborted. */
  readonly maxWaitMs?: number;
  /** How long one waits while nothing happens, in milliseconds: full and stuck, not a burst. Default: no such bound. */
  readonly maxStallMs?: number;
  /** When something last happened inside, by `performance.now()`. Default: only that somebody leaves counts. */
  readonly progressedAt?: () => number;
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
  #leftAt = 0;

  constructor(options: BulkheadOptions) {
    this.#options = options;
  }

  /** How many are inside now. */
  get inside(): number {
    return this.#inside;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#queue.size;
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
    const { queueLimit, refuse } = this.#options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#queue.size >= queueLimit) return Promise.reject(refuse('queue-full'));
    return new Promise((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        settle();
        reject(reason);
      };
      const onAbort = () => giveUp(signal?.reason);
      const patience = this.#limitPatience((why) => giveUp(refuse(why)));
      const waiting = { enter: () => resolve(settle()) };
      const settle = () => {
        patience[Symbol.dispose]();
        signal?.removeEventListener('abort', onAbort);
        this.#queue.delete(waiting);
      };
      this.#queue.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Calls `giveUp` when one of the bounds of a wait that begins now is reached. */
  #limitPatience(giveUp: (why: BulkheadRefusal) => void): Disposable {
    const { maxWaitMs = Number.POSITIVE_INFINITY, maxStallMs = Number.POSITIVE_INFINITY } = this.#options;
    const { progressedAt = () => 0 } = this.#options;
    const begunAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    // After a busy spell timers come before what others have been answered meanwhile.
    const lookAfterOthers = () => {
      immediate = setImmediate(look);
    };
    const look = () => {
      const now = performance.now();
      const waitLeftMs = begunAt + maxWaitMs - now;
      const stallLeftMs = Math.max(begunAt, this.#leftAt, progressedAt()) + maxStallMs - now;
      const leftMs = Math.ceil(Math.min(waitLeftMs, stallLeftMs));
      if (waitLeftMs <= 0) giveUp('waited-too-long');
      else if (stallLeftMs <= 0) giveUp('stalled');
      else if (Number.isFinite(leftMs)) timer = setTimeout(lookAfterOthers, leftMs);
    };
    look();
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
        clearImmediate(immediate);
      },
    };
  }

  /** The place goes to the one who waits longest, if any. */
  #leave(): void {
    this.#leftAt = performance.now();
    const [next] = this.#queue;
    if (next === undefined) this.#inside -= 1;
    else next.enter();
  }
}

/** Why somebody did not get in. */
export type BulkheadRefusal = 'queue-full' | 'waited-too-long' | 'stalled';

/** How much a bulkhead lets in, and how it refuses the rest. */
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
  readonly giveUp: (reason: unknown) => void;
  readonly begunAt: number;
  /** Of it what this process was awake for. */
  waitedMs: number;
}

/** How often those who wait are looked after: bounds are kept to so many milliseconds. */
const lookMs = 20;

/**
 * Lets so many in at once, so many wait, in order, and refuses the rest quickly. Bounds of a wait are of time in which
 * this process ran: what a busy machine, or a long spell of work, keeps it from seeing is nobody's delay.
 */
export class Bulkhead {
  readonly #options: BulkheadOptions;
  readonly #queue = new Set<Waiting>();
  #inside = 0;
  #leftAt = 0;
  #lookedAt = 0;
  #stalledMs = 0;
  #looking: NodeJS.Timeout | undefined;

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
      const settle = () => {
        signal?.removeEventListener('abort', onAbort);
        this.#queue.delete(waiting);
        if (this.#queue.size === 0) this.#rest();
      };
      const onAbort = () => waiting.giveUp(signal?.reason);
      const waiting: Waiting = {
        enter: () => resolve(settle()),
        giveUp(reason) {
          settle();
          reject(reason);
        },
        begunAt: performance.now(),
        waitedMs: 0,
      };
      this.#queue.add(waiting);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#looking === undefined) this.#lookAfterAll();
    });
  }

  /** While anybody waits under a bound. */
  #lookAfterAll(): void {
    const { maxWaitMs, maxStallMs } = this.#options;
    if (maxWaitMs === undefined && maxStallMs === undefined) return;
    this.#lookedAt = performance.now();
    this.#stalledMs = 0;
    // After a busy spell timers come before what others have been answered meanwhile.
    this.#looking = setInterval(() => setImmediate(() => this.#look()), lookMs);
  }

  #rest(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #look(): void {
    const { progressedAt = () => 0, refuse } = this.#options;
    const { maxWaitMs = Number.POSITIVE_INFINITY, maxStallMs = Number.POSITIVE_INFINITY } = this.#options;
    const now = performance.now();
    const awakeMs = Math.min(now - this.#lookedAt, 2 * lookMs);
    const hasProgressed = Math.max(this.#leftAt, progressedAt()) >= this.#lookedAt;
    this.#stalledMs = hasProgressed ? 0 : this.#stalledMs + awakeMs;
    this.#lookedAt = now;
    for (const waiting of this.#queue) {
      waiting.waitedMs += Math.min(awakeMs, now - waiting.begunAt);
      if (waiting.waitedMs >= maxWaitMs) waiting.giveUp(refuse('waited-too-long'));
      else if (Math.min(waiting.waitedMs, this.#stalledMs) >= maxStallMs) waiting.giveUp(refuse('stalled'));
    }
  }

  /** The place goes to the one who waits longest, if any. */
  #leave(): void {
    this.#leftAt = performance.now();
    const [next] = this.#queue;
    if (next === undefined) this.#inside -= 1;
    else next.enter();
  }
}

import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { everyoneKnowsMs } from './protocol.ts';

/**
 * What may be asked of a node of Redis now.
 *
 * - `nothing`: it does not answer.
 * - `writes`: it answers (again). What it holds may be from before an outage, so nothing is read yet.
 * - `all`: it is read too.
 */
export type BreakerState = 'nothing' | 'writes' | 'all';

/** A change of a breaker. */
export interface BreakerChange {
  readonly state: BreakerState;
  /** `answering`, `may be read`, or what is wrong in a word or two (`ECONNREFUSED`, `timed out`). */
  readonly reason: string;
}

/** How a breaker finds out about its node, and whom it tells. */
export interface BreakerOptions {
  /**
   * True when the node took a write, false while it is too early to say. Rejects with CacheUnavailableError, within the
   * command budget, when the node cannot be asked.
   */
  readonly probe: () => Promise<boolean>;
  /** Carried out before reads resume; they do not while it rejects (it is tried again 250 ms later). */
  readonly beforeReads: () => Promise<void>;
  /** How long a node must have answered before it is read, in milliseconds. */
  readonly pauseBeforeReadsMs: number;
  /** Told every change as it happens, the first verdict too; must not throw. */
  readonly onChange: (change: BreakerChange) => void;
  /** Told why `beforeReads` rejected, once for each time that the node came back; must not throw. */
  readonly onReadsRefused: (error: unknown) => void;
}

/** How often a node is asked whether it answers, traffic or none, in milliseconds. */
export const probeEveryMs = 250;

/**
 * Knows whether a node of Redis may be asked. Opens at once on a lost connection, else on a probe without an answer, and
 * so within a second of an outage. Closes in two steps: writes as soon as a probe is answered; reads after a pause in
 * which every other process must have found the node too, and after `beforeReads`.
 */
export class Breaker implements Disposable {
  readonly #options: BreakerOptions;
  readonly #timer: NodeJS.Timeout;
  #now: BreakerChange = { state: 'nothing', reason: 'not connected yet' };
  #since = performance.now();
  /** When the last probe that was answered, and the last that was not, began. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** Counts the changes: work that began before one is not heard after it. */
  #change = 0;
  #refusalsHeard = 0;
  #isAsking = false;
  #isPreparing = false;
  #isDisposed = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.ask(), probeEveryMs);
  }

  get state(): BreakerState {
    return this.#now.state;
  }

  /** Why it is as it is. */
  get reason(): string {
    return this.#now.reason;
  }

  /**
   * Whether what is read there may be trusted. A process that was held up may have slept through an outage: what it knew
   * counts no longer than others wait for it to notice.
   */
  mayRead(): boolean {
    if (this.state === 'all' && performance.now() - this.#answeredAt >= everyoneKnowsMs) {
      this.#become({ state: 'writes', reason: 'not asked in time' });
    }
    return this.state === 'all';
  }

  /**
   * For how long the node has not answered, in milliseconds; 0 when it does, or was not asked of late. Infinity once
   * disposed: nobody is to wait for it.
   */
  get unansweredMs(): number {
    if (this.#isDisposed) return Number.POSITIVE_INFINITY;
    const isFresh = performance.now() - this.#failedAt < 2 * probeEveryMs;
    return this.state === 'nothing' && isFresh ? Math.max(0, this.#failedAt - this.#since) : 0;
  }

  /** The node certainly cannot be asked: its connection is gone. */
  open(reason: string): void {
    this.#become({ state: 'nothing', reason });
  }

  /** Finds out whether the node answers; for a command that was not answered, and a connection that was made. */
  async ask(): Promise<void> {
    if (this.#isAsking || this.#isDisposed) return;
    this.#isAsking = true;
    const startedAt = performance.now();
    try {
      const answered = await this.#options.probe();
      if (answered) this.#found(startedAt);
    } catch (error) {
      this.#failedAt = startedAt;
      this.open(error instanceof CacheUnavailableError ? error.reason : 'unknown failure');
    } finally {
      this.#isAsking = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#now = { state: 'nothing', reason: 'closed' };
    this.#isDisposed = true;
  }

  #found(startedAt: number): void {
    this.#answeredAt = startedAt;
    if (this.state === 'nothing') this.#become({ state: 'writes', reason: 'answering' });
    if (this.state === 'writes' && performance.now() - this.#since >= this.#options.pauseBeforeReadsMs) {
      void this.#resumeReads();
    }
  }

  async #resumeReads(): Promise<void> {
    if (this.#isPreparing) return;
    this.#isPreparing = true;
    const change = this.#change;
    try {
      await this.#options.beforeReads();
      if (this.#change === change) this.#become({ state: 'all', reason: 'may be read' });
    } catch (error) {
      this.#refuse(error, change);
    } finally {
      this.#isPreparing = false;
    }
  }

  #refuse(error: unknown, change: number): void {
    if (this.#refusalsHeard === change || this.#isDisposed) return;
    this.#refusalsHeard = change;
    this.#options.onReadsRefused(error);
  }

  #become(next: BreakerChange): void {
    const isNews = this.#change === 0 || next.state !== this.state;
    if (this.#isDisposed || !isNews) return;
    this.#now = next;
    this.#since = performance.now();
    this.#change += 1;
    this.#options.onChange(next);
  }
}

import { type ConfirmOptions, stepOnce, stepUntilSafe } from './confirm-keys.ts';
import { createFenceTally, type FenceTally } from './fence-tally.ts';
import { makeToken } from './make-token.ts';
import {
  type KeyProgress,
  markTtlMs,
  type Outcome,
  recordsApart,
  recordsWithin,
  settles,
  withholdsReply,
} from './protocol.ts';
import type { ProtocolDriver } from './protocol-driver.ts';

/**
 * Keeps the cache right beside one attempt of one transaction; an attempt that is made again takes a fence of its own.
 *
 * 1. `mark` the keys of everything that is written, beside the statements or, where only a statement tells them, after it.
 * 2. Before COMMIT is sent: put what `unmarked` gives on record in the same transaction (`cache_invalidations`).
 * 3. When the outcome is there, before the reply: `conclude`.
 *
 * A fence never throws for Redis, and never fails a write.
 */
export interface WriteFence {
  /** Begins to keep readers from filling these entities (`cacheKey`); returns at once. A key twice counts once. */
  mark(keys: Iterable<string>): void;
  /** All keys that were marked, or should have been. */
  readonly keys: readonly string[];
  /** Waits for the marks; the keys whose mark Redis did not confirm. Takes no longer than one command. */
  unmarked(): Promise<readonly string[]>;
  /**
   * Ends the fence, once. Resolves when the reply may go out, and before that has called `record` for what must be carried
   * out later: after an outcome that is unknown, for all keys (and Redis is not told: the marks keep readers on the
   * database); after a commit for the keys whose settlement Redis did not confirm. A rollback leaves nothing to be recorded.
   *
   * @returns the keys for which Redis confirmed neither mark nor settlement: every process has stopped reading it, and
   *   what it still holds goes when the record is carried out
   * @throws what `record` throws, after the waiting
   */
  conclude(outcome: Outcome, options: ConcludeOptions): Promise<readonly string[]>;
}

/** How to end a fence. */
export interface ConcludeOptions extends ConfirmOptions {
  /** Puts invalidations on record in a transaction of their own, to be carried out once this one is surely over. */
  readonly record: (keys: readonly string[]) => Promise<void>;
}

/** How a fence is made. */
export interface WriteFenceOptions {
  /** Counts what becomes of its steps. Default: nobody sees it. */
  readonly tally?: FenceTally | undefined;
  /** How long a mark holds, in milliseconds: longer than what it fences can take. Default 15,000, for a transaction. */
  readonly ttlMs?: number;
}

/** A fence for one attempt of a transaction, or for a single write without one. */
export function createWriteFence(driver: ProtocolDriver, options: WriteFenceOptions = {}): WriteFence {
  return new TokenFence(driver, options);
}

class TokenFence implements WriteFence {
  readonly #driver: ProtocolDriver;
  readonly #tally: FenceTally;
  readonly #ttlMs: number;
  readonly #writer = makeToken();
  readonly #marks = new Map<string, Promise<boolean>>();

  constructor(driver: ProtocolDriver, { tally = createFenceTally(), ttlMs = markTtlMs }: WriteFenceOptions) {
    this.#driver = driver;
    this.#tally = tally;
    this.#ttlMs = ttlMs;
  }

  get keys(): readonly string[] {
    return [...this.#marks.keys()];
  }

  mark(keys: Iterable<string>): void {
    const step = (key: string) => this.#driver.mark(key, { writer: this.#writer, ttlMs: this.#ttlMs });
    for (const key of keys) {
      if (this.#marks.has(key)) continue;
      this.#marks.set(
        key,
        stepOnce([key], step).then((failed) => failed.length === 0),
      );
    }
  }

  async unmarked(): Promise<readonly string[]> {
    const progress = await Promise.all([...this.#marks].map(async ([key, mark]) => ({ key, marked: await mark })));
    return progress.filter(recordsWithin).map(({ key }) => key);
  }

  async conclude(outcome: Outcome, { record, ...confirm }: ConcludeOptions): Promise<readonly string[]> {
    const progress = await this.#settleOnce(outcome);
    const recorded = keysOf(progress.filter((one) => recordsApart(outcome, one)));
    const heldBack = keysOf(progress.filter((one) => withholdsReply(outcome, one)));
    this.#tally.recorded += recorded.length;
    this.#tally.heldBack += heldBack.length;
    const waiting = stepUntilSafe(heldBack, { driver: this.#driver, step: this.#settle, ...confirm });
    try {
      if (recorded.length > 0) await record(recorded);
    } finally {
      await waiting;
    }
    return await waiting;
  }

  async #settleOnce(outcome: Outcome): Promise<(KeyProgress & { readonly key: string })[]> {
    const unmarked = new Set(await this.unmarked());
    const unsettled = new Set(settles(outcome) ? await stepOnce(this.keys, this.#settle) : this.keys);
    this.#tally.marks += this.keys.length - unmarked.size;
    this.#tally.unconfirmedMarks += unmarked.size;
    if (settles(outcome)) this.#tally.settlements += this.keys.length - unsettled.size;
    if (settles(outcome)) this.#tally.unconfirmedSettlements += unsettled.size;
    return this.keys.map((key) => ({ key, marked: !unmarked.has(key), settled: !unsettled.has(key) }));
  }

  readonly #settle = (key: string) => this.#driver.settle(key, { writer: this.#writer });
}

function keysOf(progress: readonly { readonly key: string }[]): string[] {
  return progress.map(({ key }) => key);
}

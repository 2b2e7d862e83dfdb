import type { ConfirmOptions } from './confirm-keys.ts';
import type { FenceTally } from './fence-tally.ts';
import { invalidateBeforeReply } from './invalidate.ts';
import { markTtlMs, type Outcome } from './protocol.ts';
import type { ProtocolDriver } from './protocol-driver.ts';
import { createWriteFence, type WriteFence } from './write-fence.ts';

/** What the fences of a service's transactions have in common. */
export interface Fencing {
  readonly driver: ProtocolDriver;
  /** Whether each write puts on record what it makes old, not only where its mark is not confirmed. Default: no. */
  readonly recordsAll?: boolean | undefined;
  readonly tally?: FenceTally | undefined;
  /** Puts keys on record in a transaction of its own, to stay there for `dueInMs` milliseconds at least. */
  readonly record: (keys: readonly string[], options: { readonly dueInMs: number }) => Promise<void>;
  /** Whether an error of the transaction tells that its last attempt came to nothing, though its work was done. Default: none does. */
  readonly cameToNothing?: (error: unknown) => boolean;
  /** How long a reply waits for the confirmation of these keys. Default: as WriteFence says. */
  readonly confirm?: (keys: readonly string[]) => ConfirmOptions;
}

/** One transaction, seen from its fences. */
export interface FencedAttempts {
  /** The keys that the attempt under way has marked. */
  readonly keys: readonly string[];
  /**
   * The whole work of one attempt, to be called as the last thing before COMMIT is sent.
   *
   * @param work marks what it writes
   * @param recordWithin puts keys on record within the transaction
   */
  run<T>(work: (fence: WriteFence) => Promise<T>, recordWithin: (keys: readonly string[]) => Promise<void>): Promise<T>;
}

/**
 * Runs a transaction of a service's database with a fence for each of its attempts, and resolves when the reply may go
 * out. An attempt that is followed by another, or whose work threw, came to nothing; what threw after its work may have
 * committed all the same, and counts as unknown.
 *
 * @throws what `transaction` throws; what `record` throws after a commit
 */
export async function runFenced<T>(
  fencing: Fencing,
  transaction: (attempts: FencedAttempts) => Promise<T>,
): Promise<T> {
  const attempts = new Attempts(fencing);
  let result: T;
  try {
    result = await transaction(attempts);
  } catch (error) {
    // What cannot be put on record is kept off the cache by its mark until the transaction is surely over.
    await attempts.concludeFailed(error).catch(() => {});
    throw error;
  }
  await attempts.conclude('committed');
  return result;
}

/**
 * Before a recorded reply is given again: its first attempt may have died between COMMIT and settlement.
 *
 * @param keys what that attempt wrote
 */
export async function dropBeforeReply(fencing: Fencing, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const unconfirmed = await invalidateBeforeReply(fencing.driver, keys, fencing.confirm?.(keys));
  if (unconfirmed.length > 0) await fencing.record(unconfirmed, { dueInMs: 0 });
}

class Attempts implements FencedAttempts {
  readonly #fencing: Fencing;
  #fence: WriteFence | undefined;
  #mayCommit = false;

  constructor(fencing: Fencing) {
    this.#fencing = fencing;
  }

  get keys(): readonly string[] {
    return this.#fence?.keys ?? [];
  }

  async run<T>(
    work: (fence: WriteFence) => Promise<T>,
    recordWithin: (keys: readonly string[]) => Promise<void>,
  ): Promise<T> {
    await this.conclude('rolled-back');
    this.#mayCommit = false;
    const { driver, tally } = this.#fencing;
    const fence = createWriteFence(driver, { tally });
    this.#fence = fence;
    const result = await work(fence);
    const recorded = await keysToRecord(this.#fencing, fence);
    if (recorded.length > 0) await recordWithin(recorded);
    this.#mayCommit = true;
    return result;
  }

  concludeFailed(error: unknown): Promise<void> {
    const mayHaveCommitted = this.#mayCommit && !this.#fencing.cameToNothing?.(error);
    return this.conclude(mayHaveCommitted ? 'unknown' : 'rolled-back');
  }

  async conclude(outcome: Outcome): Promise<void> {
    if (this.#fence !== undefined) await concludeFence(this.#fencing, this.#fence, { outcome, overInMs: markTtlMs });
  }
}

/** What goes on record with a write, by the rules of its service, once its marks have been waited for. */
export async function keysToRecord({ recordsAll }: Fencing, fence: WriteFence): Promise<readonly string[]> {
  const unmarked = await fence.unmarked();
  return recordsAll ? fence.keys : unmarked;
}

/**
 * Ends a fence by the rules of its service.
 *
 * @param ending.overInMs after how long what it fenced is surely over, in milliseconds
 */
export async function concludeFence(
  { record, confirm }: Fencing,
  fence: WriteFence,
  { outcome, overInMs }: { readonly outcome: Outcome; readonly overInMs: number },
): Promise<void> {
  const { keys } = fence;
  if (keys.length === 0) return;
  const dueInMs = outcome === 'unknown' ? overInMs : 0;
  await fence.conclude(outcome, { ...confirm?.(keys), record: (some) => record(some, { dueInMs }) });
}

import { type Call, TandemError } from '@tandem/rpc';
import type { ImportRow, OnDuplicate, RowOutcome, RowRefusal } from '../domain/import-plan.ts';
import type { UserStore } from '../store/store.ts';

/** Where the rows of a message go, and for whom. */
export interface ImportTask {
  readonly store: Pick<UserStore, 'transaction'>;
  readonly onDuplicate: OnDuplicate;
  readonly call: Call;
}

/** Once a message has been held up by others, each of its pieces waits for a lock this long and no longer. */
const lockWaitMs = 50;
/** Together some 3 s: from then on a piece that is held up is refused whole. */
const maxHoldUps = 64;

const heldByAnother: RowRefusal = {
  reason: 'REQUEST_IN_PROGRESS',
  message: 'another call that holds this e-mail or id, or that of a row beside it, is still running; send it again.',
};

interface Progress {
  holdUps: number;
  /** Users that earlier pieces made or changed: to later rows they are what rows of the same message are. */
  readonly touchedIds: Set<string>;
}

/**
 * Takes the rows of one message in, in one transaction where that can be. What others hold is found by halving, so that
 * it holds up nothing but itself. The outcome of each row, in their order.
 */
export function importInPieces(rows: readonly ImportRow[], task: ImportTask): Promise<RowOutcome[]> {
  return takePiece(rows, task, { holdUps: 0, touchedIds: new Set() });
}

async function takePiece(rows: readonly ImportRow[], task: ImportTask, progress: Progress): Promise<RowOutcome[]> {
  const outcomes = await tryPiece(rows, task, progress);
  if (outcomes !== undefined) return outcomes;
  if (rows.length === 1 || progress.holdUps >= maxHoldUps) return rows.map(() => heldByAnother);
  const middle = Math.ceil(rows.length / 2);
  const first = await takePiece(rows.slice(0, middle), task, progress);
  return [...first, ...(await takePiece(rows.slice(middle), task, progress))];
}

/** Undefined: others held it up. */
async function tryPiece(
  rows: readonly ImportRow[],
  { store, onDuplicate, call }: ImportTask,
  progress: Progress,
): Promise<RowOutcome[] | undefined> {
  const { touchedIds } = progress;
  const limits = progress.holdUps === 0 ? { touchedIds } : { touchedIds, lockWaitMs };
  let attempts = 0;
  try {
    const written = await store.transaction(call, (tx) => {
      attempts += 1;
      return tx.users.importRows(rows, onDuplicate, limits);
    });
    for (const id of written.touchedIds) touchedIds.add(id);
    return written.outcomes;
  } catch (error) {
    if (!isHeldUp(error, attempts)) throw error;
    progress.holdUps += 1;
    return undefined;
  }
}

/** OVERLOADED without attempts is a store that is short of connections, which smaller pieces would not mend. */
function isHeldUp(error: unknown, attempts: number): boolean {
  if (!(error instanceof TandemError)) return false;
  return error.reason === 'REQUEST_IN_PROGRESS' || (error.reason === 'OVERLOADED' && attempts > 1);
}

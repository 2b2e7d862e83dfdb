import { type Batch, batchRows } from './batch-rows.ts';
import { type BadRow, type Row, readRows } from './read-rows.ts';
import { type Outcome, type SendBatchOptions, sendBatch } from './send-batch.ts';

/** How far an import came. */
export interface Totals {
  readonly rows: number;
  readonly imported: number;
  readonly updated: number;
  readonly skipped: number;
  readonly refused: number;
  /** The last line that is settled for certain. */
  readonly lastLine: number;
  readonly sentAgain: boolean;
}

export const noTotals: Totals = {
  rows: 0,
  imported: 0,
  updated: 0,
  skipped: 0,
  refused: 0,
  lastLine: 0,
  sentAgain: false,
};

export interface ImportRowsOptions<R> extends SendBatchOptions<R> {
  /** Told after each batch. */
  readonly onSettled: (totals: Totals, bad: readonly BadRow[]) => Promise<void> | void;
}

/** Imports all rows, batch by batch in their order. The next batch is read while one is on its way, and no more than that. */
export async function importRows<R extends { id: string }>(
  content: AsyncIterable<Uint8Array>,
  options: ImportRowsOptions<R>,
): Promise<Totals> {
  let totals = noTotals;
  for await (const batch of readAhead(batchRows(readRows(content, options.target.format)))) {
    options.signal.throwIfAborted();
    const outcome = await sendBatch(batch, options);
    totals = addOutcome(totals, batch, outcome);
    await options.onSettled(totals, outcome.bad);
  }
  return totals;
}

/** Asks for the next value while its reader is busy with one. */
async function* readAhead<T>(values: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = values.next();
  try {
    for (let result = await next; !result.done; result = await next) {
      next = values.next();
      next.catch(() => {}); // Thrown when its turn comes.
      yield result.value;
    }
  } finally {
    await values.return(undefined).catch(() => {});
  }
}

function addOutcome<R>(totals: Totals, batch: Batch<R>, outcome: Outcome): Totals {
  const all: readonly (Row<R> | BadRow)[] = [...batch.rows, ...batch.bad];
  return {
    rows: totals.rows + all.length,
    imported: totals.imported + outcome.imported,
    updated: totals.updated + outcome.updated,
    skipped: totals.skipped + outcome.skipped,
    refused: totals.refused + outcome.bad.length,
    lastLine: all.reduce((last, { line }) => Math.max(last, line), totals.lastLine),
    sentAgain: totals.sentAgain || outcome.sentAgain,
  };
}

import { type BadRow, isBad, type Row } from './read-rows.ts';

/** The rows of one stream to the service, cut into its messages, and the bad rows among them. */
export interface Batch<R> {
  readonly messages: readonly (readonly Row<R>[])[];
  readonly rows: readonly Row<R>[];
  readonly bad: readonly BadRow[];
}

export interface BatchLimits {
  /** A reply names this many refused rows at most; no stream has more rows, so that none goes unnamed. */
  readonly rowsPerBatch: number;
  readonly rowsPerMessage: number;
  readonly bytesPerMessage: number;
  /** A batch is kept in memory until it is answered, so that it can be sent again. */
  readonly bytesPerBatch: number;
}

const mebibyte = 1024 * 1024;

export const batchLimits: BatchLimits = {
  rowsPerBatch: 1000,
  rowsPerMessage: 500,
  bytesPerMessage: 3 * mebibyte,
  bytesPerBatch: 24 * mebibyte,
};

/** Gathers rows into batches, in their order. */
export async function* batchRows<R>(
  rows: AsyncIterable<Row<R> | BadRow>,
  limits: BatchLimits = batchLimits,
): AsyncGenerator<Batch<R>> {
  let good: Row<R>[] = [];
  let bad: BadRow[] = [];
  let bytes = 0;
  for await (const row of rows) {
    if (isBad(row)) bad.push(row);
    else {
      good.push(row);
      bytes += row.bytes;
    }
    if (good.length + bad.length < limits.rowsPerBatch && bytes < limits.bytesPerBatch) continue;
    yield makeBatch({ rows: good, bad }, limits);
    [good, bad, bytes] = [[], [], 0];
  }
  if (good.length + bad.length > 0) yield makeBatch({ rows: good, bad }, limits);
}

function makeBatch<R>({ rows, bad }: Pick<Batch<R>, 'rows' | 'bad'>, limits: BatchLimits): Batch<R> {
  const messages: Row<R>[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const last = messages.at(-1);
    bytes += row.bytes;
    if (last && last.length < limits.rowsPerMessage && bytes <= limits.bytesPerMessage) last.push(row);
    else {
      messages.push([row]);
      bytes = row.bytes;
    }
  }
  return { messages, rows, bad };
}

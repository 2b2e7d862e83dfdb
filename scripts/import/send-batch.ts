import type { Batch } from './batch-rows.ts';
import type { DuplicateMode } from './import-arguments.ts';
import type { ImportReply, ImportTarget } from './import-target.ts';
import type { BadRow, Row } from './read-rows.ts';

/** What became of rows. */
export interface Outcome {
  readonly imported: number;
  readonly updated: number;
  readonly skipped: number;
  /** In the order of the file. */
  readonly bad: readonly BadRow[];
  /** Whether a stream broke and was sent again: rows that had got in the first time then count as skipped or updated. */
  readonly sentAgain: boolean;
}

export interface SendBatchOptions<R> {
  readonly target: ImportTarget<R>;
  readonly onDuplicate: DuplicateMode;
  readonly signal: AbortSignal;
  readonly retry: <T>(action: (attempt: number) => Promise<T>) => Promise<T>;
}

const duplicateReasons: ReadonlySet<string> = new Set(['ID_TAKEN', 'EMAIL_TAKEN']);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Sends a batch as one stream, and again from its beginning when the stream breaks. Where duplicates are errors, a second
 * sending would refuse the rows that the first one brought in; so it is noted before which ids exist, and a row refused as a
 * duplicate whose id came into being since was brought in by this import.
 */
export async function sendBatch<R extends { id: string }>(
  batch: Batch<R>,
  options: SendBatchOptions<R>,
): Promise<Outcome> {
  if (batch.rows.length === 0) return { imported: 0, updated: 0, skipped: 0, bad: batch.bad, sentAgain: false };
  const { target, onDuplicate, signal, retry } = options;
  const before = onDuplicate === 'error' ? await findExisting(batch.rows, options) : undefined;
  const messages = batch.messages.map((rows) => rows.map(({ message }) => message));
  let attempts = 0;
  const reply = await retry((attempt) => {
    attempts = attempt;
    return target.send(messages, { onDuplicate, signal });
  });
  const sentAgain = attempts > 1;
  const own = sentAgain && before ? await findOwn(batch.rows, { reply, before, options }) : new Set<number>();
  return summarize(batch, { reply, own, sentAgain });
}

/** The rows, by their place in the batch, that were refused as duplicates of what an earlier sending of them brought in. */
async function findOwn<R extends { id: string }>(
  rows: readonly Row<R>[],
  { reply, before, options }: { reply: ImportReply; before: ReadonlySet<string>; options: SendBatchOptions<R> },
): Promise<Set<number>> {
  const places = reply.failures.filter(({ reason }) => duplicateReasons.has(reason)).map(({ row }) => Number(row));
  const refused = places.flatMap((place) => rows[place] ?? []);
  const now = refused.length > 0 ? await findExisting(refused, options) : new Set<string>();
  const claimed = new Set(before);
  const own = new Set<number>();
  for (const place of places.toSorted((a, b) => a - b)) {
    const id = rows[place]?.message.id.toLowerCase() ?? '';
    if (now.has(id) && !claimed.has(id)) own.add(place);
    claimed.add(id); // A second row with the same id is a duplicate of the first.
  }
  return own;
}

async function findExisting<R extends { id: string }>(
  rows: readonly Row<R>[],
  { target, signal, retry }: SendBatchOptions<R>,
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(rows.map(({ message }) => message.id.toLowerCase()).filter((id) => uuid.test(id)))];
  return ids.length === 0 ? new Set() : retry(() => target.findExisting(ids, signal));
}

function summarize<R>(
  batch: Batch<R>,
  { reply, own, sentAgain }: { reply: ImportReply; own: ReadonlySet<number>; sentAgain: boolean },
): Outcome {
  const refused = reply.failures.flatMap(({ row, reason, message }): BadRow[] => {
    const sent = batch.rows[Number(row)];
    if (!sent || own.has(Number(row))) return [];
    return [{ line: sent.line, row: sent.row, reason, message }];
  });
  return {
    imported: Number(reply.imported) + own.size,
    updated: Number(reply.updated),
    skipped: Number(reply.skipped),
    bad: [...batch.bad, ...refused].sort((a, b) => a.row - b.row),
    sentAgain,
  };
}

import type { ImportRow } from '../domain/import-plan.ts';
import { TransactionEnded } from '../store/store.ts';

/** Indexing words takes about 1 ms a post, and the database ends a transaction after 3 s. 500 rows make two parts alike. */
const maxCommitPosts = 250;
/** Where every word is another, a MiB takes 0.7 s, of Chinese 3 s, and on a busy machine several times as much. */
const maxCommitBytes = 256 * 1024;

/** What decides how long a row takes. */
type Weighed = Pick<ImportRow, 'id' | 'content'>;

/**
 * Rows in parts that one transaction takes in well within its time.
 *
 * @param existingBytes of the contents that are there already, by id: a change indexes them again, whatever it changes
 */
export function* splitForCommits<Row extends Weighed>(
  rows: readonly Row[],
  existingBytes: ReadonlyMap<string, number> = new Map(),
): Generator<Row[]> {
  let part: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = Buffer.byteLength(row.content ?? '') + (existingBytes.get(row.id) ?? 0);
    if (part.length === maxCommitPosts || (part.length > 0 && bytes + rowBytes > maxCommitBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += rowBytes;
  }
  yield part;
}

/** Each part when it is prepared; the next is prepared while this one is worked on. */
export async function* prepareAhead<Row>(
  parts: readonly (readonly Row[])[],
  prepare: (part: readonly Row[]) => Promise<void>,
): AsyncGenerator<readonly Row[]> {
  let ready = prepare(parts[0] ?? []);
  for (const [index, part] of parts.entries()) {
    await ready;
    ready = prepare(parts[index + 1] ?? []);
    ready.catch(() => {}); // awaited at its turn, or by nobody where the work ends first
    yield part;
  }
}

/** How rows are written, and what became of them, in their order. */
export interface PartWriters<Row, Outcome> {
  readonly inTransaction: (part: readonly Row[]) => Promise<Outcome[]>;
  /** A single row, with all the time that it takes. */
  readonly alone: (row: Row) => Promise<Outcome[]>;
}

/** A part whose transaction the database ended is written in two halves, and a single row without one. */
export async function writeOrHalve<Row, Outcome>(
  rows: readonly Row[],
  writers: PartWriters<Row, Outcome>,
): Promise<Outcome[]> {
  try {
    return await writers.inTransaction(rows);
  } catch (error) {
    if (!(error instanceof TransactionEnded)) throw error;
    const [first, ...others] = rows;
    if (first !== undefined && others.length === 0) return writers.alone(first);
    const middle = rows.length >> 1;
    const before = await writeOrHalve(rows.slice(0, middle), writers);
    return [...before, ...(await writeOrHalve(rows.slice(middle), writers))];
  }
}

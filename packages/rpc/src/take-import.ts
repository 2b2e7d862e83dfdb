import { Counter } from 'prom-client';
import type { Call } from './call.ts';
import { fieldInvalid, TandemError } from './errors.ts';
import { ImportTally, type RowOutcome, type RowRefusal } from './import-tally.ts';
import type { Logger } from './logger.ts';
import { readAhead } from './read-ahead.ts';

/** What to do with a row whose resource is there already. */
export type OnDuplicate = 'error' | 'skip' | 'update';

/** By the number that the contract's enums `OnDuplicate` give it; unspecified is `error`. */
const duplicateRules: readonly OnDuplicate[] = ['error', 'error', 'skip', 'update'];

/** A message of an import's stream: the options, once and first, then rows. */
export interface ImportMessage<Row> {
  readonly payload:
    | { readonly case: 'options'; readonly value: { readonly onDuplicate: number } }
    | { readonly case: 'rows'; readonly value: { readonly rows: readonly Row[] } }
    | { readonly case: undefined };
}

/** What an import needs of its service. */
export interface ImportWork<Row, Checked> {
  /**
   * What can be said of the rows of one message before those of the messages before are in: it is asked while those are
   * written. What it throws is told when the turn of its message has come.
   */
  readonly checkRows: (rows: readonly Row[]) => Promise<Checked>;
  /** Takes in the rows of one message, which commit by themselves; the outcome of each, in their order. */
  readonly takeRows: (checked: Checked, onDuplicate: OnDuplicate) => Promise<readonly RowOutcome[]>;
  readonly meter: ImportMeter;
  readonly call: Pick<Call, 'requestId' | 'signal'>;
}

/**
 * Reads the stream of an import and counts what became of its rows. The stream's end is no commit: rows that were taken
 * in stay, however it ends.
 *
 * @throws TandemError `FIELD_INVALID` where the options do not come first, or come twice; `DRAINING`, which says how many
 * rows are in, where the server takes no more
 */
export async function takeImport<Row, Checked>(
  messages: AsyncIterable<ImportMessage<Row>>,
  { checkRows, takeRows, meter, call }: ImportWork<Row, Checked>,
): Promise<Pick<ImportTally, 'imported' | 'updated' | 'skipped' | 'failed' | 'failures'>> {
  const tally = new ImportTally();
  try {
    await takeMessages(messages, { checkRows, takeRows, meter, call }, tally);
  } catch (error) {
    if (isDraining(call.signal.reason)) throw givenUpAfter(tally, error);
    throw isDraining(error) ? drainedAfter(tally, error) : error;
  }
  const { imported, updated, skipped, failed, failures } = tally;
  return { imported, updated, skipped, failed, failures };
}

async function takeMessages<Row, Checked>(
  messages: AsyncIterable<ImportMessage<Row>>,
  { checkRows, takeRows, meter, call }: ImportWork<Row, Checked>,
  tally: ImportTally,
): Promise<void> {
  let onDuplicate: OnDuplicate | undefined;
  for await (const payload of readAhead(checkMessages(messages, checkRows))) {
    if (onDuplicate === undefined) {
      if (payload.case !== 'options') throw optionsMissing();
      onDuplicate = duplicateRules[payload.value.onDuplicate] ?? 'error';
      continue;
    }
    if (payload.case !== 'rows') {
      throw fieldInvalid('options', 'may come once, in the first message; send rows from then on');
    }
    const outcomes = await unlessGivenUp(takeRows(payload.checked, onDuplicate), call.signal);
    for (const outcome of outcomes) tally.add(outcome);
    meter.record(outcomes, tally, call);
  }
  if (onDuplicate === undefined) throw optionsMissing();
}

async function* checkMessages<Row, Checked>(
  messages: AsyncIterable<ImportMessage<Row>>,
  checkRows: ImportWork<Row, Checked>['checkRows'],
) {
  for await (const { payload } of messages) {
    if (payload.case === 'rows') yield { case: payload.case, checked: await checkRows(payload.value.rows) } as const;
    else yield payload;
  }
}

function isDraining(thrown: unknown): boolean {
  return thrown instanceof TandemError && thrown.reason === 'DRAINING';
}

/** How long rows in work may take to be given up when the drain's grace is over. Less than the pipeline waits for it. */
const GIVE_UP_MS = 150;

/** What the work gives; once the drain has aborted it, not what a store that answers nobody would give. */
async function unlessGivenUp<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    if (isDraining(signal.reason)) timer = setTimeout(() => reject(signal.reason), GIVE_UP_MS);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, givenUp]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** What its caller needs to go on elsewhere, for a person and for a program. */
function drainedAfter(tally: ImportTally, cause: unknown, note = ''): TandemError {
  const { rows, imported, updated, skipped, failed } = tally;
  const counts = { imported: `${imported}`, updated: `${updated}`, skipped: `${skipped}`, failed: `${failed}` };
  const outcomes = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
  return new TandemError(
    'DRAINING',
    `The server is shutting down. It has taken the first ${rows} rows (${outcomes.join(', ')}): send those after them in a new import${note}.`,
    { cause, metadata: { rows_taken: `${rows}`, ...counts } },
  );
}

/** The rows in work are not counted. */
function givenUpAfter(tally: ImportTally, cause: unknown): TandemError {
  return drainedAfter(tally, cause, ', with SKIP, as some of them may be in');
}

function optionsMissing(): TandemError {
  return fieldInvalid('options', 'must come in the first message, before any rows');
}

/**
 * Writes the rows that passed their checks and puts the outcomes back among the refusals of those that did not: bad rows
 * do not stop good ones. Without a good row nothing is written.
 *
 * @throws Error where `write` gives fewer outcomes than it was given rows
 */
export async function writeCheckedRows<Row extends object, Refusal extends RowRefusal = RowRefusal>(
  checked: readonly (Row | Refusal)[],
  write: (rows: Row[]) => Promise<readonly RowOutcome<Refusal>[]>,
): Promise<RowOutcome<Refusal>[]> {
  const isRefusal = (row: Row | Refusal): row is Refusal => 'reason' in row;
  const good = checked.filter((row): row is Row => !isRefusal(row));
  const outcomes = (good.length === 0 ? [] : await write(good)).values();
  return checked.map((row) => (isRefusal(row) ? row : takeNext(outcomes)));
}

function takeNext<Outcome>(outcomes: Iterator<Outcome>): Outcome {
  const next = outcomes.next();
  if (next.done) throw new Error('There were fewer outcomes than rows.');
  return next.value;
}

/** Tells the progress of imports, after each message's rows. */
export interface ImportMeter {
  /** Rows by outcome; to be registered with the server's metrics. */
  readonly rows: Counter;
  record(outcomes: readonly RowOutcome[], tally: ImportTally, call: Pick<Call, 'requestId'>): void;
}

/** A log line after each message's rows, and a counter of rows by outcome. */
export function createImportMeter(log: Pick<Logger, 'info'>): ImportMeter {
  const rows = new Counter({
    name: 'tandem_import_rows_total',
    help: 'Rows that imports have brought, by outcome.',
    labelNames: ['outcome'],
    registers: [],
  });
  return {
    rows,
    record(outcomes, { imported, updated, skipped, failed }, { requestId }) {
      for (const [outcome, count] of countOutcomes(outcomes)) rows.inc({ outcome }, count);
      const counts = { imported: `${imported}`, updated: `${updated}`, skipped: `${skipped}`, failed: `${failed}` };
      log.info({ requestId, ...counts }, 'import: rows are in');
    },
  };
}

function countOutcomes(outcomes: readonly RowOutcome[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const name = typeof outcome === 'string' ? outcome : 'failed';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Statement } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

const batchSize = 1_000;
/** Of one round; with a round a minute, 100,000 records a minute. */
const maxBatches = 100;
const batchTimeoutMs = 5_000;
const defaultIntervalMs = 60_000;

/** A kind of rows that expire. */
export interface ExpiringRows {
  /** As a log line calls them. */
  readonly what: string;
  /** Deletes at most a batch of them and says how many. */
  readonly statement: Statement;
}

/** Sessions stay in lists for a day after they expired. */
export const expiringRows: readonly ExpiringRows[] = [
  { what: 'idempotency records', statement: sweepStatement('idempotency_records', 'expire_time <= now()') },
  { what: 'sessions', statement: sweepStatement('sessions', "expire_time <= now() - interval '1 day'") },
];

/**
 * Rows that somebody is just writing, or that another replica deletes, are left to them. Planned at each run, for as many
 * as there are by then.
 */
function sweepStatement(table: string, condition: string): Statement {
  return {
    name: `${table}_sweep`,
    prepared: false,
    sql: `
      WITH swept AS (
        DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM ${table} WHERE ${condition}
          ORDER BY expire_time LIMIT ${batchSize} FOR UPDATE SKIP LOCKED))
        RETURNING 1)
      SELECT count(*)::integer AS count FROM swept`,
  };
}

/** Deletes what has expired, a thousand a statement. */
export async function sweepExpired(
  pool: Pick<PostgresPool, 'lease'>,
  { statement }: ExpiringRows,
  signal: AbortSignal,
): Promise<void> {
  for (let batch = 1; batch <= maxBatches; batch += 1) {
    const [swept] = await pool.lease({ deadline: Date.now() + batchTimeoutMs, signal }, (session) =>
      session.rows<{ count: number }>(statement, []),
    );
    if (swept === undefined || swept.count < batchSize) return;
  }
}

interface SweeperLog {
  info(text: string): void;
  warn(fields: { readonly problem: string }, text: string): void;
}

export interface RecordSweeperOptions {
  /** What is swept, as the log calls it. */
  readonly what: string;
  /** One round. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  readonly log: SweeperLog;
  /** From one round to the next, half of it up to half as much again. Default: a minute. */
  readonly intervalMs?: number;
}

/** Sweeps now and then from now on, until it is disposed; what fails is logged once and tried again. */
export function startRecordSweeper({
  what,
  sweep,
  log,
  intervalMs = defaultIntervalMs,
}: RecordSweeperOptions): AsyncDisposable {
  const stop = new AbortController();
  const running = sweepRepeatedly({ what, sweep, log, intervalMs }, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function sweepRepeatedly(
  { what, sweep, log, intervalMs }: Required<RecordSweeperOptions>,
  signal: AbortSignal,
): Promise<void> {
  let lastProblem: string | undefined;
  while (!signal.aborted) {
    const problem = await describeFailure(() => sweep(signal));
    if (!signal.aborted && problem !== lastProblem) {
      if (problem === undefined) log.info(`${what}: expired ones are deleted again`);
      else log.warn({ problem }, `${what}: expired ones cannot be deleted; trying again every minute`);
      lastProblem = problem;
    }
    await pause(intervalMs * (0.5 + Math.random()), signal);
  }
}

async function describeFailure(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

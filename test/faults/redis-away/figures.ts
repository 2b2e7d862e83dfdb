import { queryDatabase } from '../../support/query-database.ts';
import type { ObservedCall } from './observe-calls.ts';

/** What a stretch of time showed. */
export interface Figures {
  readonly calls: number;
  readonly failed: number;
  /** Of the users database, of whoever works there; a read is one. */
  readonly transactionsPerSecond: number;
  /** Of each method the median and the 99th percentile of how long a call took, in milliseconds. */
  readonly [method: string]: number | string;
}

/** Has `work` done and tells what became of the calls that were sent meanwhile. */
export async function measure(
  { calls, databaseUrl }: { readonly calls: readonly ObservedCall[]; readonly databaseUrl: string },
  work: () => Promise<unknown>,
): Promise<Figures> {
  const [sinceMs, before] = [performance.now(), await countTransactions(databaseUrl)];
  await work();
  const [untilMs, after] = [performance.now(), await countTransactions(databaseUrl)];
  const sent = calls.filter(({ sentAtMs }) => sentAtMs >= sinceMs && sentAtMs < untilMs);
  const byMethod = Map.groupBy(sent, ({ method }) => method);
  return {
    calls: sent.length,
    failed: sent.filter(({ failure }) => failure !== undefined).length,
    transactionsPerSecond: Math.round(((after - before) * 1_000) / (untilMs - sinceMs)),
    ...Object.fromEntries([...byMethod].map(([method, some]) => [`${method} p50 p99`, describeTimes(some)])),
  };
}

function describeTimes(calls: readonly ObservedCall[]): string {
  const times = calls.map(({ tookMs }) => tookMs);
  return [0.5, 0.99].map((share) => takeQuantile(times, share)?.toFixed(1)).join(' ');
}

/** @param share 0.5 for the median, 1 for the greatest */
export function takeQuantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** By its statistics, which connections hand in once a second. */
async function countTransactions(url: string): Promise<number> {
  const sql = `SELECT (xact_commit + xact_rollback)::float AS count FROM pg_stat_database WHERE datname = current_database()`;
  const [row] = await queryDatabase<{ count: number }>(url, sql);
  return row?.count ?? Number.NaN;
}

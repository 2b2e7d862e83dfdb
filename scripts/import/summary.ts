import type { ServiceName } from '../default-targets.ts';
import type { Totals } from './import-rows.ts';
import { formatCount, rateOf } from './progress.ts';
import type { BadRow } from './read-rows.ts';

/** How many refused rows the table shows. */
export const tableRows = 20;

interface SummaryOptions {
  readonly kind: ServiceName;
  readonly totals: Totals;
  readonly elapsedMs: number;
}

/** What became of the rows, in a line or two. */
export function formatSummary({ kind, totals, elapsedMs }: SummaryOptions): string {
  const { rows, imported, updated, skipped, refused, sentAgain } = totals;
  const counts = Object.entries({ imported, updated, skipped, refused }).map(
    ([what, count]) => `${formatCount(count)} ${what}`,
  );
  const time = `${(elapsedMs / 1000).toFixed(1)} s, ${formatCount(rateOf(rows, elapsedMs))} rows/s`;
  const summary = `${kind}: ${formatCount(rows)} rows: ${counts.join(', ')} (${time})`;
  if (!sentAgain) return summary;
  return `${summary}\nThe service was away for a while and some rows were sent twice; those count once, some as skipped or updated.`;
}

/** The first refused rows as a table; empty when there are none. */
export function formatBadRows(
  bad: readonly BadRow[],
  { all, failuresPath }: { all: number; failuresPath: string | undefined },
): string {
  if (bad.length === 0) return '';
  const cells = [
    ['line', 'reason', 'message'],
    ...bad.slice(0, tableRows).map(({ line, reason, message }) => [String(line), reason, printable(message)]),
  ];
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map(([line = '', reason = '', message = '']) =>
    `  ${line.padStart(widths[0] ?? 0)}  ${reason.padEnd(widths[1] ?? 0)}  ${message}`.trimEnd(),
  );
  const more = all > tableRows ? [`  … and ${formatCount(all - tableRows)} more`] : [];
  const where = failuresPath
    ? `all of them are in ${failuresPath}`
    : 'with --failures FILE all of them are written there';
  return [`Refused rows (${where}):`, ...lines, ...more].join('\n');
}

/** A message may quote the file; what it holds must not move the cursor. */
function printable(message: string): string {
  return message.replace(/\p{Cc}/gu, '·');
}

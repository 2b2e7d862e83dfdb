import cliProgress from 'cli-progress';
import type { Totals } from './import-rows.ts';

/** Tells how far it came while it runs. */
export interface Progress extends Disposable {
  update(totals: Totals, bytesRead: number): void;
  /** A line beside the progress. */
  note(text: string): void;
}

interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly totalBytes: number;
  /** Milliseconds; the clock of the rates. */
  readonly now: () => number;
}

const lineEveryMs = 2_000;

/** A bar on a terminal, a line every two seconds elsewhere. */
export function startProgress(options: ProgressOptions): Progress {
  return options.stream.isTTY ? startBar(options) : startLines(options);
}

function startBar({ stream, totalBytes, now }: ProgressOptions): Progress {
  const startedAt = now();
  const bar = new cliProgress.SingleBar({
    stream,
    format: '{bar} {percentage}% | {rows} rows | {rate} rows/s | {refused} refused | {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  bar.start(Math.max(totalBytes, 1), 0, { rows: '0', rate: '0', refused: '0' });
  return {
    update(totals, bytesRead) {
      const { rows, refused } = totals;
      const rate = formatCount(rateOf(rows, now() - startedAt));
      bar.update(Math.min(bytesRead, totalBytes), { rows: formatCount(rows), rate, refused: formatCount(refused) });
    },
    note: (text) => void stream.write(`\r\x1b[K${text}\n`),
    [Symbol.dispose]: () => bar.stop(),
  };
}

function startLines({ stream, now }: ProgressOptions): Progress {
  const startedAt = now();
  let lastAt = startedAt;
  return {
    update({ rows, refused }) {
      if (now() - lastAt < lineEveryMs) return;
      lastAt = now();
      const rate = formatCount(rateOf(rows, lastAt - startedAt));
      stream.write(`${formatCount(rows)} rows, ${rate} rows/s, ${formatCount(refused)} refused\n`);
    },
    note: (text) => void stream.write(`${text}\n`),
    [Symbol.dispose]() {},
  };
}

/** Rows per second. */
export function rateOf(rows: number, elapsedMs: number): number {
  return Math.round((rows * 1000) / Math.max(elapsedMs, 1));
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { UsageError } from '../read-options.ts';
import { type FailureFile, openFailureFile } from './failure-file.ts';
import type { ImportArguments } from './import-arguments.ts';
import { importRows, noTotals, type Totals } from './import-rows.ts';
import { type ImportTarget, openPostsTarget, openUsersTarget } from './import-target.ts';
import { openSource, type Source } from './open-source.ts';
import { formatCount, type Progress, startProgress } from './progress.ts';
import type { BadRow } from './read-rows.ts';
import { createRetrier, defaultPatience } from './retry-transient.ts';
import { formatBadRows, formatSummary, tableRows } from './summary.ts';

/** What an import needs of its process. */
export interface ImportProcess {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

/** Imports a file and tells what became of it. Returns the exit code: 0 all in, 2 some rows refused, 1 it did not come to its end. */
export async function runImport(args: ImportArguments, process: ImportProcess): Promise<number> {
  try {
    return await importFrom(args, process);
  } catch (error) {
    // What was sent is told where it was sent from; here it was still being read.
    if (!process.signal.aborted || (error as Error).name !== 'AbortError') throw error;
    process.stderr.write('Stopped while the input was read. No row was sent.\n');
    return 1;
  }
}

async function importFrom(args: ImportArguments, process: ImportProcess): Promise<number> {
  await using source = await openSource(args.file, { input: process.stdin, signal: process.signal });
  if (args.kind === 'users') {
    await using target = openUsersTarget(args);
    return await importInto(target, { args, process, source });
  }
  await using target = openPostsTarget(args, () => source.digest());
  return await importInto(target, { args, process, source });
}

interface Run {
  readonly args: ImportArguments;
  readonly process: ImportProcess;
  readonly source: Source;
}

async function importInto<R extends { id: string }>(target: ImportTarget<R>, run: Run): Promise<number> {
  const startedAt = Date.now();
  await using failures = await openFailureFile(run.args.failuresPath);
  const { totals, firstBad, failure } = await importAll(target, { ...run, failures });
  run.process.stdout.write(`${formatSummary({ kind: run.args.kind, totals, elapsedMs: Date.now() - startedAt })}\n`);
  const table = formatBadRows(firstBad, { all: totals.refused, failuresPath: run.args.failuresPath });
  if (table) run.process.stdout.write(`${table}\n`);
  if (failure === undefined) return totals.refused > 0 ? 2 : 0;
  run.process.stderr.write(`${describeEnd(failure, { run, totals })}\n`);
  return 1;
}

/** Never throws: what ends an import early is told beside how far it came. */
async function importAll<R extends { id: string }>(
  target: ImportTarget<R>,
  { args, process, source, failures }: Run & { failures: FailureFile },
): Promise<{ totals: Totals; firstBad: readonly BadRow[]; failure: unknown }> {
  const firstBad: BadRow[] = [];
  let totals = noTotals;
  const { signal } = process;
  const { onDuplicate } = args;
  using progress = startProgress({ stream: process.stderr, totalBytes: source.totalBytes, now: Date.now });
  const retry = createRetrier({ patience: defaultPatience, signal, onRetry: tellRetries(args, progress) });
  const onSettled = async (settled: Totals, bad: readonly BadRow[]) => {
    totals = settled;
    firstBad.push(...bad.slice(0, tableRows - firstBad.length));
    await failures.write(bad);
    progress.update(settled, source.bytesRead());
  };
  try {
    await importRows(source.read(), { target, onDuplicate, signal, retry, onSettled });
    return { totals, firstBad, failure: undefined };
  } catch (error) {
    return { totals, firstBad, failure: error };
  }
}

/** Says once per outage that the service is away, not at each attempt. */
function tellRetries({ target }: ImportArguments, progress: Progress): (error: ConnectError) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (Date.now() - toldAt < 10_000) return;
    toldAt = Date.now();
    progress.note(
      `${target} ${isUnreachable(error) ? 'cannot be reached' : `asks to wait (${error.rawMessage})`}; trying again`,
    );
  };
}

/** Why it ended early, how far it came, and what to do. */
function describeEnd(failure: unknown, { run, totals }: { run: Run; totals: Totals }): string {
  const { args, process } = run;
  const reason = process.signal.aborted ? 'Stopped' : `Ended early: ${describeFailure(failure, args)}`;
  const done =
    totals.lastLine === 0
      ? 'No row is settled; some of the first 1,000 may be in.'
      : `The rows up to line ${formatCount(totals.lastLine)} are settled; of those after it, some may be in.`;
  const again = {
    skip: 'The same command again goes on: rows that are in are passed over.',
    update: 'The same command again goes on: rows that are in are written once more.',
    error: 'To go on, use --on-duplicate skip: rows that are in would be errors now.',
  };
  return `${reason}. ${done} ${again[args.onDuplicate]}`;
}

function describeFailure(failure: unknown, { kind, target }: ImportArguments): string {
  if (failure instanceof ConnectError) {
    const service = `the ${kind} service at ${target}`;
    if (!isUnreachable(failure)) return `${service} answered ${failure.message}`;
    return `${service} cannot be reached: start it (npm run dev), or say where it is with --target`;
  }
  if (failure instanceof UsageError) return failure.message;
  return failure instanceof Error ? failure.message : String(failure);
}

/** Nobody answered: what a service itself answers has a reason. */
function isUnreachable(error: ConnectError): boolean {
  return error.code === Code.Unavailable && error.findDetails(ErrorInfoSchema).length === 0;
}

import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { formatCount, rateOf } from '../import/progress.ts';
import type { ExportArguments } from './export-arguments.ts';
import { openExportSource } from './export-source.ts';
import { type Output, openOutputFile, openStandardOutput } from './open-output.ts';
import { readChunks } from './read-chunks.ts';

/** What an export needs of its process. */
export interface ExportProcess {
  readonly stdout: NodeJS.WritableStream;
  /** Progress and everything said: standard output may be the export. */
  readonly stderr: NodeJS.WritableStream;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

const lineEveryMs = 2_000;

/** Exports all users or all posts. Returns the exit code: 0 all are out, 1 it did not come to its end. */
export async function runExport(args: ExportArguments, process: ExportProcess): Promise<number> {
  await using output = args.file === '-' ? openStandardOutput(process.stdout) : await openOutputFile(args.file);
  const startedAt = Date.now();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (output.cursor !== '') say(`goes on after what is in ${args.file}.part`);
  const progress = createProgress(args.kind, say, startedAt);
  try {
    await writeChunks(output, { args, process, say, progress });
    await output.finish();
  } catch (error) {
    say(describeEnd(error, { args, process, count: progress.count }));
    return 1;
  }
  const elapsedMs = Date.now() - startedAt;
  const rate = formatCount(rateOf(progress.count, elapsedMs));
  const count = formatCount(progress.count);
  say(`${args.kind}: ${count} exported (${(elapsedMs / 1000).toFixed(1)} s, ${rate} ${args.kind}/s)`);
  return 0;
}

interface Run {
  readonly args: ExportArguments;
  readonly process: ExportProcess;
  readonly say: (text: string) => void;
  readonly progress: Progress;
}

async function writeChunks(output: Output, { args, process, say, progress }: Run): Promise<void> {
  await using source = openExportSource(args);
  const onRetry = () => say(`${args.target} is away or asks to wait; trying again`);
  for await (const chunk of readChunks({ source, cursor: output.cursor, signal: process.signal, onRetry })) {
    await output.write(chunk.text, chunk.cursor);
    progress.add(chunk.count);
  }
}

interface Progress {
  /** How many this run wrote. */
  readonly count: number;
  add(written: number): void;
}

/** A line every two seconds. */
function createProgress(kind: string, say: (text: string) => void, startedAt: number): Progress {
  let [count, saidAt] = [0, startedAt];
  return {
    get count() {
      return count;
    },
    add(written) {
      count += written;
      const now = Date.now();
      if (now - saidAt < lineEveryMs) return;
      saidAt = now;
      say(`${formatCount(count)} ${kind}, ${formatCount(rateOf(count, now - startedAt))} ${kind}/s`);
    },
  };
}

/** Why it ended early, how far it came, and what to do. */
function describeEnd(
  failure: unknown,
  { args, process, count }: Pick<Run, 'args' | 'process'> & { readonly count: number },
): string {
  const reason = process.signal.aborted ? 'Stopped' : `Ended early: ${describeFailure(failure, args)}`;
  const done = `${formatCount(count)} ${args.kind} were written`;
  if (args.file === '-') return `${reason}. ${done}; to standard output an export always begins anew.`;
  if (isRefusedCursor(failure)) return `${reason}. Delete ${args.file}.part.cursor to begin anew.`;
  return `${reason}. ${done} to ${args.file}.part; the same command again goes on.`;
}

function describeFailure(failure: unknown, { kind, target }: ExportArguments): string {
  if (!(failure instanceof ConnectError)) return failure instanceof Error ? failure.message : String(failure);
  const isUnreachable = failure.code === Code.Unavailable && reasonOf(failure) === undefined;
  if (!isUnreachable) return `the ${kind} service at ${target} answered ${failure.message}`;
  return `the ${kind} service at ${target} cannot be reached: start it (npm run dev), or say where it is with --target`;
}

function isRefusedCursor(failure: unknown): boolean {
  return failure instanceof ConnectError && reasonOf(failure) === 'CURSOR_INVALID';
}

function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}

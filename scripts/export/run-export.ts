import { toJsonString } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { createUsersClient } from '@tandem/contracts';
import { type ExportUsersResponse, UserSchema } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { formatCount, rateOf } from '../import/progress.ts';
import type { ExportArguments } from './export-arguments.ts';
import { type Output, openOutputFile, openStandardOutput } from './open-output.ts';
import { readUsers } from './read-users.ts';

/** What an export needs of its process. */
export interface ExportProcess {
  readonly stdout: NodeJS.WritableStream;
  /** Progress and everything said: standard output may be the export. */
  readonly stderr: NodeJS.WritableStream;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
}

const lineEveryMs = 2_000;

/** Exports all users. Returns the exit code: 0 all are out, 1 it did not come to its end. */
export async function runExport(args: ExportArguments, process: ExportProcess): Promise<number> {
  await using output = args.file === '-' ? openStandardOutput(process.stdout) : await openOutputFile(args.file);
  const startedAt = Date.now();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  if (output.cursor !== '') say(`goes on after what is in ${args.file}.part`);
  const progress = createProgress(say, startedAt);
  try {
    await writeUsers(output, { args, process, say, progress });
    await output.finish();
  } catch (error) {
    say(describeEnd(error, { args, process, count: progress.count }));
    return 1;
  }
  const elapsedMs = Date.now() - startedAt;
  const rate = formatCount(rateOf(progress.count, elapsedMs));
  say(`users: ${formatCount(progress.count)} exported (${(elapsedMs / 1000).toFixed(1)} s, ${rate} users/s)`);
  return 0;
}

interface Run {
  readonly args: ExportArguments;
  readonly process: ExportProcess;
  readonly say: (text: string) => void;
  readonly progress: Progress;
}

async function writeUsers(output: Output, { args, process, say, progress }: Run): Promise<void> {
  await using client = createUsersClient(args.target);
  const onRetry = () => say(`${args.target} is away or asks to wait; trying again`);
  for await (const chunk of readUsers({ client, cursor: output.cursor, signal: process.signal, onRetry })) {
    await output.write(toLines(chunk), chunk.cursor);
    progress.add(chunk.users.length);
  }
}

function toLines({ users }: ExportUsersResponse): string {
  return users.map((user) => `${toJsonString(UserSchema, user, { alwaysEmitImplicit: true })}\n`).join('');
}

interface Progress {
  /** Users that this run wrote. */
  readonly count: number;
  add(users: number): void;
}

/** A line every two seconds. */
function createProgress(say: (text: string) => void, startedAt: number): Progress {
  let [count, saidAt] = [0, startedAt];
  return {
    get count() {
      return count;
    },
    add(users) {
      count += users;
      const now = Date.now();
      if (now - saidAt < lineEveryMs) return;
      saidAt = now;
      say(`${formatCount(count)} users, ${formatCount(rateOf(count, now - startedAt))} users/s`);
    },
  };
}

/** Why it ended early, how far it came, and what to do. */
function describeEnd(
  failure: unknown,
  { args, process, count }: Pick<Run, 'args' | 'process'> & { readonly count: number },
): string {
  const reason = process.signal.aborted ? 'Stopped' : `Ended early: ${describeFailure(failure, args)}`;
  const done = `${formatCount(count)} users were written`;
  if (args.file === '-') return `${reason}. ${done}; to standard output an export always begins anew.`;
  if (isRefusedCursor(failure)) return `${reason}. Delete ${args.file}.part.cursor to begin anew.`;
  return `${reason}. ${done} to ${args.file}.part; the same command again goes on.`;
}

function describeFailure(failure: unknown, { target }: ExportArguments): string {
  if (!(failure instanceof ConnectError)) return failure instanceof Error ? failure.message : String(failure);
  const isUnreachable = failure.code === Code.Unavailable && reasonOf(failure) === undefined;
  if (!isUnreachable) return `the users service at ${target} answered ${failure.message}`;
  return `the users service at ${target} cannot be reached: start it (npm run dev), or say where it is with --target`;
}

function isRefusedCursor(failure: unknown): boolean {
  return failure instanceof ConnectError && reasonOf(failure) === 'CURSOR_INVALID';
}

function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}

import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { holdsWithin } from './holds-within.ts';
import type { ProcessGuard } from './process-guard.ts';

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** How to run one store server. */
export interface StoreCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Runs as this user; without it as the caller. */
  readonly user?: { uid: number; gid: number } | undefined;
  /** Takes stdout and stderr; the one of the start before is kept as `….old`. A file, not a pipe: a busy parent must never stall a store. */
  readonly logFile: string;
  /** The server is ready when its log holds this. */
  readonly readyText: string;
  readonly stopSignal: NodeJS.Signals;
  /** Ends it without saving anything. */
  readonly quickStopSignal: NodeJS.Signals;
}

/** A store server that was started here. */
export interface StoreProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the server has ended, for whatever reason: with its exit code (`exit code 1`) or the signal that ended it. */
  readonly exited: Promise<string>;
  /** Sends its stop signal (`quick`: the one that saves nothing), SIGKILL after 10 s, and waits for the end. */
  stop(options?: { quick?: boolean }): Promise<void>;
}

/** A server that ended before it was ready, or was not ready in time. */
export class StoreStartError extends Error {
  override readonly name = 'StoreStartError';
  readonly retriable: boolean;

  constructor(message: string, options: { retriable: boolean }) {
    super(message);
    this.retriable = options.retriable;
  }
}

/**
 * Starts a server and waits until its own log says that it is ready (an open port could be somebody else's).
 *
 * @throws StoreStartError; `retriable` when its port was taken in between
 */
export async function startStoreProcess(guard: ProcessGuard, store: StoreCommand): Promise<StoreProcess> {
  const child = await spawnStore(guard, store);
  const exited = once(child, 'exit').then(([code, signal]): string => signal ?? `exit code ${code}`);
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const isReady = () => readLog(store).includes(store.readyText);
  const inTime = await holdsWithin(() => hasEnded() || isReady(), { timeoutMs: READY_TIMEOUT_MS });
  if (hasEnded() || !inTime) {
    if (!inTime) child.kill('SIGKILL');
    throw explainStart(store, inTime);
  }
  child.unref();
  return {
    name: store.name,
    pid: child.pid,
    exited,
    async stop({ quick = false } = {}) {
      if (hasEnded()) return;
      child.ref();
      child.kill(quick ? store.quickStopSignal : store.stopSignal);
      const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(killer);
    },
  };
}

async function spawnStore(guard: ProcessGuard, store: StoreCommand) {
  // It may tell why the server ended that is started again now.
  if (existsSync(store.logFile)) renameSync(store.logFile, `${store.logFile}.old`);
  const log = openSync(store.logFile, 'w');
  try {
    return await guard.spawn({
      command: store.command,
      args: store.args,
      signal: store.stopSignal,
      // C messages, since the ready text is looked for in them.
      options: { ...store.user, stdio: ['ignore', log, log], env: { ...process.env, LC_ALL: 'C' } },
    });
  } finally {
    closeSync(log);
  }
}

function readLog(store: StoreCommand): string {
  return readFileSync(store.logFile, 'utf8');
}

function explainStart(store: StoreCommand, ended: boolean): StoreStartError {
  const log = readLog(store);
  const retriable = /address already in use|address in use|still in use/i.test(log);
  const what = ended ? 'ended before it was ready' : `was not ready after ${READY_TIMEOUT_MS / 1000} s`;
  return new StoreStartError(`${store.name} ${what}: ${pickTellingLine(log)} (log: ${store.logFile})`, { retriable });
}

/** The line that says why: the last that speaks of an error, else the last one. */
function pickTellingLine(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /fatal|error|"s":"[EF]"|denied/i.test(line)) ?? lines.at(-1) ?? 'no output';
  return telling.slice(0, 400);
}

import { watchForStop } from './watch-for-stop.ts';

const KEEP_ALIVE_MS = 3_600_000;

/** What a command has while it runs. */
export interface Running {
  /** Disposed of at the end, last in first out. */
  readonly resources: AsyncDisposableStack;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Ends the command with exit code 1. */
  readonly fail: (line: string) => void;
}

/**
 * Runs a command that stays until it is stopped: starts, waits for a signal (or a failure), stops everything in order.
 *
 * @param start throws in one clear line when the command cannot start
 */
export async function runUntilStopped(name: string, start: (running: Running) => Promise<void>): Promise<never> {
  const failure = Promise.withResolvers<string>();
  const stop = watchForStop();
  let started = false;
  // Before everything is up there is no order to keep: the guard of the stack ends what there is.
  void stop.then(() => started || process.exit(0));
  // Neither children nor signal handlers keep a program running.
  setInterval(() => {}, KEEP_ALIVE_MS);
  const exitCode = await run(async (resources) => {
    await start({ resources, say, fail: failure.resolve });
    started = true;
    const why = await Promise.race([stop.then(() => undefined), failure.promise]);
    if (why !== undefined) throw new Error(why);
    say(`${name}: stopping`);
  }, name);
  process.exit(exitCode);
}

async function run(work: (resources: AsyncDisposableStack) => Promise<void>, name: string): Promise<number> {
  const resources = new AsyncDisposableStack();
  try {
    await work(resources);
    return 0;
  } catch (error) {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await resources.disposeAsync();
  }
}

function say(line: string): void {
  console.log(line);
}

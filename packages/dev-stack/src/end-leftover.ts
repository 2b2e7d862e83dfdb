import { readFile } from 'node:fs/promises';
import { holdsWithin } from './holds-within.ts';
import { isProcessAlive, readCommandLine } from './is-process-alive.ts';

const WATCHER_BOUND_MS = 7_000;

/**
 * Waits until the server of a killed run is gone, and ends it when nothing else does. To be called by the one who holds
 * the data folder, so that nobody else's server can be meant.
 *
 * @param pidFile the server's own file; its first line is the process id
 * @param folder the server's data folder, which its command line names: a process id may have been given anew
 * @throws when it cannot be ended
 */
export async function endLeftover({ pidFile, folder }: { pidFile: string; folder: string }): Promise<void> {
  const pid = await readPid(pidFile);
  if (pid === undefined) return;
  const isGone = () => !isProcessAlive(pid) || !readCommandLine(pid).includes(folder);
  // Its watcher is likely ending it just now, in order.
  if (await holdsWithin(isGone, { timeoutMs: WATCHER_BOUND_MS })) return;
  process.kill(pid, 'SIGKILL');
  if (await holdsWithin(isGone, { timeoutMs: WATCHER_BOUND_MS })) return;
  throw new Error(`Process ${pid} of an earlier run still holds ${folder} and cannot be ended: end it by hand.`);
}

async function readPid(file: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt(await readFile(file, 'utf8'), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

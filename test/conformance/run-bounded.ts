import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program ended. */
export interface Finished {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** stdout, then stderr. */
  readonly output: string;
}

/** Runs a program in a process group of its own, and ends the whole group after `timeoutMs` or when this process exits. */
export async function runBounded(
  command: string,
  args: readonly string[],
  { timeoutMs }: { timeoutMs: number },
): Promise<Finished> {
  const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child.pid);
  }, timeoutMs);
  const endEarly = () => endGroup(child.pid);
  process.once('exit', endEarly);
  try {
    const exit = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const [exitCode, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
    return { exitCode, timedOut, output: stdout + stderr };
  } finally {
    clearTimeout(timer);
    process.off('exit', endEarly);
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

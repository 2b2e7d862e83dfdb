import { writeSync } from 'node:fs';

const readNames = (list: string | undefined) => new Set(list?.split(','));
/** The points at which tests have this process killed: their names, separated by commas. Unset outside tests. */
const killedAt = readNames(process.env.BREAK_AT);
/** The points at which tests have it stopped, each once. Unset outside tests. */
const stoppedAt = readNames(process.env.STOP_AT);
const stderrFd = 2;

/**
 * Kills the process as kill -9 does where `BREAK_AT` names this point; where `STOP_AT` does, stops it until SIGCONT, the
 * first time that it comes here, with a line `stopped at NAME` on stderr. Does nothing else. For tests of what is left
 * behind between two steps, or of what others do meanwhile.
 */
export function breakpoint(name: string): void {
  if (killedAt.has(name)) process.kill(process.pid, 'SIGKILL');
  if (!stoppedAt.delete(name)) return;
  writeSync(stderrFd, `stopped at ${name}\n`);
  process.kill(process.pid, 'SIGSTOP');
}

/** The points at which tests have this process killed: their names, separated by commas. Unset outside tests. */
const armed = new Set(process.env.BREAK_AT?.split(','));

/**
 * Kills the process as kill -9 does where `BREAK_AT` names this point; does nothing else. For tests of what is left behind
 * between two steps.
 */
export function breakpoint(name: string): void {
  if (armed.has(name)) process.kill(process.pid, 'SIGKILL');
}

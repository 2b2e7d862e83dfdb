/** Commands and scripts that callers had for Redis, each counted from the start of the process; one may serve many calls. */
export interface CommandTally {
  /** Those that were sent: who wanted them waited for the answer, or for as long as a command may take. */
  sent: number;
  /** Those that were not, since the node does not answer: nobody waited. */
  unsent: number;
}

/** A tally of nothing yet. */
export function createCommandTally(): CommandTally {
  return { sent: 0, unsent: 0 };
}

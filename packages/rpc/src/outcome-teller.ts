/** Where work in the background tells how it goes; a `Logger` is one. */
export interface BackgroundLog {
  info(text: string): void;
  warn(fields: { readonly problem: string }, text: string): void;
}

/** Told how one try ended: what went wrong, or undefined. */
export type OutcomeTeller = (problem: string | undefined) => void;

/**
 * Of work that is tried again and again, tells what is new: that it fails, that it now fails for another reason, that it
 * goes on again. The same failure is told once.
 *
 * @param options.what the work, as the log calls it: "sessions: …"
 */
export function createOutcomeTeller({
  what,
  log,
}: {
  readonly what: string;
  readonly log: BackgroundLog;
}): OutcomeTeller {
  let lastProblem: string | undefined;
  return (problem) => {
    if (problem === lastProblem) return;
    lastProblem = problem;
    if (problem === undefined) log.info(`${what}: goes on again`);
    else log.warn({ problem }, `${what}: fails; it is tried again`);
  };
}

const PARENT_POLL_MS = 500;

/**
 * Resolves with why this program has to stop: Ctrl-C, SIGTERM, a closed terminal, or that the npm which runs it is
 * gone (it may have been killed with -9, which no signal tells). A second signal ends it at once with exit code 1.
 */
export function watchForStop(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let askedAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      askedAt ??= performance.now();
      // npm hands on what the terminal sends to both: the two come within an instant.
      if (performance.now() - askedAt > PARENT_POLL_MS) process.exit(1);
      resolve(signal);
    });
  }
  if (process.env.npm_lifecycle_event !== undefined) watchParent(() => resolve('npm is gone'));
  return promise;
}

function watchParent(onGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, PARENT_POLL_MS);
}

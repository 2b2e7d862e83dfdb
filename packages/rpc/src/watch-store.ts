import type { HealthState } from './grpc/health-state.ts';
import type { Logger } from './logger.ts';

const INTERVAL_MS = 1000;
/** With the interval this keeps the promise: down shows within 2 s. */
const TIMEOUT_MS = 900;
/** The timeout is counted in steps, of which a process that was held up, however long, has missed all but one. */
const STEP_MS = 100;

/** Asks whether the service's own database answers; rejects when it does not. Ends with the signal. */
export type Probe = (signal: AbortSignal) => Promise<void>;

/** What a watch is made of. */
export interface StoreWatchOptions {
  readonly probe: Probe;
  readonly health: HealthState;
  readonly log: Logger;
}

/**
 * Keeps health in step with the service's database: probes at once, then every second; one failure or 900 ms without an
 * answer is NOT_SERVING, one success SERVING. What this process is held up itself does not count. Resolves after the first probe; disposing ends the watch.
 */
export async function watchStore({ probe, health, log }: StoreWatchOptions): Promise<Disposable> {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let told: boolean | undefined;

  async function look(): Promise<void> {
    const begun = Date.now();
    const up = await isUp(probe);
    if (ended) return;
    if (up !== told) log[up ? 'info' : 'warn']({ serving: up }, `the database ${up ? 'answers' : 'does not answer'}`);
    told = up;
    health.set(up);
    timer = setTimeout(look, Math.max(INTERVAL_MS - (Date.now() - begun), 0));
  }

  await look();
  return {
    [Symbol.dispose]() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/** A probe that heeds no signal is given up all the same. */
async function isUp(probe: Probe): Promise<boolean> {
  const controller = new AbortController();
  const { promise: overdue, resolve } = Promise.withResolvers<boolean>();
  const stop = afterFreeTime(TIMEOUT_MS, () => {
    controller.abort(new Error(`the database did not answer within ${TIMEOUT_MS} ms`));
    resolve(false);
  });
  const answered = probe(controller.signal).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answered, overdue]);
  } finally {
    stop();
  }
}

/** Calls back after so long in which answers could be seen, and after a look at those that are there already. */
function afterFreeTime(ms: number, callBack: () => void): () => void {
  let left = ms / STEP_MS;
  const timer = setInterval(() => {
    left -= 1;
    if (left <= 0) {
      clearInterval(timer);
      setImmediate(callBack);
    }
  }, STEP_MS);
  return () => clearInterval(timer);
}

import { setTimeout as wait } from 'node:timers/promises';
import { type BackgroundLog, createOutcomeTeller } from './outcome-teller.ts';

/** Work that a service does beside its calls. */
export interface BackgroundWork {
  /** What is done, as the log calls it: "sessions: …". */
  readonly what: string;
  /** One round; ends soon after its signal is aborted. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly log: BackgroundLog;
  /** From one round to the next, in milliseconds; half of it up to half as much again, so that replicas fall out of step. */
  readonly intervalMs: number;
}

/** Does the work now and then from now on, until it is disposed; what fails is logged once and tried again. */
export function repeatInBackground(background: BackgroundWork): AsyncDisposable {
  const stop = new AbortController();
  const running = repeat(background, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function repeat({ what, work, log, intervalMs }: BackgroundWork, signal: AbortSignal): Promise<void> {
  const tell = createOutcomeTeller({ what, log });
  while (!signal.aborted) {
    const problem = await describeFailure(() => work(signal));
    if (!signal.aborted) tell(problem);
    await pause(intervalMs * (0.5 + Math.random()), signal);
  }
}

async function describeFailure(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

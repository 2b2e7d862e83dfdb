import { setTimeout as delay } from 'node:timers/promises';
import type { StartedStore } from './postgres.ts';

const STARTS = 10;
const PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** A store that ran for so long had started well: the next end begins a new count. */
const SETTLED_MS = 60_000;

/** How a store is kept. */
export interface KeptStoreOptions {
  readonly started: StartedStore;
  /** Starts it again at the same address; without it, a store that ends stays ended. */
  readonly startAgain?: (() => Promise<StartedStore>) | undefined;
  /** Whether it is stopped without saving anything. */
  readonly quickStop: boolean;
  /** Told each time that it runs again after it had ended by itself. */
  readonly onRestart?: (end: string) => void;
  /** Told once when it has ended by itself for good. @param error why the last start failed, if one was tried */
  readonly onLost?: (end: string, error?: unknown) => void;
  /** The first pause before a start, in milliseconds; each next one is twice as long, up to 5 s. Default 100. */
  readonly pauseMs?: number;
}

/** A store that was started here: started again when it ends by itself, up to ten times in a row, stopped at disposal. */
export class KeptStore implements AsyncDisposable {
  readonly #options: KeptStoreOptions;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  #store: StartedStore;
  #starts = 0;

  constructor(options: KeptStoreOptions) {
    this.#options = options;
    this.#store = options.started;
    this.#watching = this.#watch();
  }

  /** Its process id; another after it was started again. */
  get pid(): number {
    return this.#store.process.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#stop();
    await this.#watching;
    // One that was just being started again.
    await this.#stop();
  }

  async #stop(): Promise<void> {
    await this.#store.process.stop({ quick: this.#options.quickStop });
  }

  async #watch(): Promise<void> {
    const { onRestart, onLost } = this.#options;
    for (;;) {
      const startedAt = performance.now();
      const end = await this.#store.process.exited;
      if (this.#ending.signal.aborted) return;
      if (performance.now() - startedAt > SETTLED_MS) this.#starts = 0;
      try {
        const store = await this.#startAgain();
        if (store !== undefined) this.#store = store;
        if (this.#ending.signal.aborted) return;
        if (store === undefined) return onLost?.(end);
        onRestart?.(end);
      } catch (error) {
        return this.#ending.signal.aborted ? undefined : onLost?.(end, error);
      }
    }
  }

  /** @returns undefined when it is not to run again. @throws what the last start threw */
  async #startAgain(): Promise<StartedStore | undefined> {
    const { startAgain, pauseMs = PAUSE_MS } = this.#options;
    const { signal } = this.#ending;
    let failure: unknown;
    while (startAgain !== undefined && this.#starts < STARTS) {
      const pause = Math.min(MAX_PAUSE_MS, pauseMs * 2 ** this.#starts);
      this.#starts += 1;
      await delay(pause, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        return await startAgain();
      } catch (error) {
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }
}

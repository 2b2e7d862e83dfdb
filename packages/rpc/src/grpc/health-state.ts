/** Whether a service serves, and everyone who wants to know of it. */
export interface HealthState {
  readonly serving: boolean;
  /** Tells all watchers, where it changes anything. After `end` it stays false. */
  set(serving: boolean): void;
  /** What holds now, then each change; ends when the state ends or the signal aborts. */
  watch(signal: AbortSignal): AsyncGenerator<boolean>;
  /** Draining: serves no more, and watchers hear of that and come to their end. */
  end(): void;
}

/** A state that does not serve yet. */
export function createHealthState(): HealthState {
  const changes = createWakeUps();
  let serving = false;
  let ended = false;

  async function* watch(signal: AbortSignal): AsyncGenerator<boolean> {
    let told: boolean | undefined;
    while (!signal.aborted) {
      if (told !== serving) {
        told = serving;
        yield told;
      } else if (ended) return;
      else await changes.next(signal);
    }
  }

  return {
    get serving() {
      return serving;
    },
    set(next) {
      serving = next && !ended;
      changes.wakeAll();
    },
    watch,
    end() {
      ended = true;
      serving = false;
      changes.wakeAll();
    },
  };
}

interface WakeUps {
  wakeAll(): void;
  /** Resolves with the next `wakeAll`, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void>;
}

function createWakeUps(): WakeUps {
  const sleepers = new Set<() => void>();
  return {
    wakeAll() {
      for (const wake of sleepers) wake();
    },
    next(signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => {
        sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      sleepers.add(wake);
      signal.addEventListener('abort', wake);
      return promise;
    },
  };
}

import type { CacheDriver } from '../cache-driver.ts';
import { CacheUnavailableError } from '../cache-unavailable-error.ts';

/** A command on its way to the server. */
export interface DriverCommand {
  readonly name: keyof CacheDriver;
  readonly keys: readonly string[];
}

/**
 * What goes wrong with a command; each throws CacheUnavailableError at the caller.
 *
 * - `refuse`: it never reaches the server.
 * - `lose-answer`: the server executes it before the caller is told.
 * - `executeAfter`: the caller is told at once, as at a time-out; the server executes it when the promise resolves.
 */
export type Fault = 'refuse' | 'lose-answer' | { readonly executeAfter: Promise<unknown> };

export interface FaultyDriver extends CacheDriver {
  /** Decides from now on which command fails and how; undefined lets it pass. Replaces the decision before it. */
  inject(decide: (command: DriverCommand) => Fault | undefined): void;
  /** Lets everything pass from now on. */
  heal(): void;
  /** Resolves once every command with `executeAfter` has been executed. */
  settle(): Promise<void>;
}

/** Wraps `inner`; passes everything on until a fault is injected. */
export function createFaultyDriver(inner: CacheDriver): FaultyDriver {
  let decide: (command: DriverCommand) => Fault | undefined = () => undefined;
  const late = new Set<Promise<unknown>>();
  const run = async <Reply>(command: DriverCommand, execute: () => Promise<Reply>): Promise<Reply> => {
    const fault = decide(command);
    if (fault === undefined) return await execute();
    if (fault === 'lose-answer') await execute();
    if (typeof fault === 'object') late.add(fault.executeAfter.then(execute));
    throw new CacheUnavailableError('injected fault');
  };
  return {
    get: (key) => run({ name: 'get', keys: [key] }, () => inner.get(key)),
    getMany: (keys) => run({ name: 'getMany', keys }, () => inner.getMany(keys)),
    set(key, value, options) {
      const sent = value.slice();
      return run({ name: 'set', keys: [key] }, () => inner.set(key, sent, options));
    },
    delete: (key) => run({ name: 'delete', keys: [key] }, () => inner.delete(key)),
    exists: (key) => run({ name: 'exists', keys: [key] }, () => inner.exists(key)),
    inject(next) {
      decide = next;
    },
    heal() {
      decide = () => undefined;
    },
    async settle() {
      await Promise.all(late);
      late.clear();
    },
  };
}

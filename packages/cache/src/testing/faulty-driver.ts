import { CacheUnavailableError } from '../cache-unavailable-error.ts';
import type { KeyHealth, ProtocolDriver } from '../protocol-driver.ts';

/** A command on its way to the server. */
export interface DriverCommand {
  readonly name: Exclude<keyof ProtocolDriver, 'health' | 'nodeOf'>;
  /** Of the steps of the protocol, the entity's `cacheKey`. */
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

export interface FaultyDriver extends ProtocolDriver {
  /** Decides from now on which command fails and how; undefined lets it pass. Replaces the decision before it. */
  inject(decide: (command: DriverCommand) => Fault | undefined): void;
  /** What `health` answers from now on; undefined: what the driver within says. */
  setHealth(health: KeyHealth | undefined): void;
  /** Lets everything pass from now on, and says nothing of health. */
  heal(): void;
  /** Resolves once every command with `executeAfter` has been executed. */
  late(): Promise<void>;
}

/** Wraps `inner`; passes everything on until a fault is injected. */
export function createFaultyDriver(inner: ProtocolDriver): FaultyDriver {
  let decide: (command: DriverCommand) => Fault | undefined = () => undefined;
  let health: KeyHealth | undefined;
  const late = new Set<Promise<unknown>>();
  const run = async <Reply>(command: DriverCommand, execute: () => Promise<Reply>): Promise<Reply> => {
    const fault = decide(command);
    if (fault === undefined) return await execute();
    if (fault === 'lose-answer') await execute();
    if (typeof fault === 'object') late.add(fault.executeAfter.then(execute));
    throw new CacheUnavailableError('injected fault');
  };
  return {
    health: (key) => health ?? inner.health(key),
    nodeOf: (key) => inner.nodeOf(key),
    get: (key) => run({ name: 'get', keys: [key] }, () => inner.get(key)),
    getMany: (keys) => run({ name: 'getMany', keys }, () => inner.getMany(keys)),
    set(key, value, options) {
      const sent = value.slice();
      return run({ name: 'set', keys: [key] }, () => inner.set(key, sent, options));
    },
    delete: (key) => run({ name: 'delete', keys: [key] }, () => inner.delete(key)),
    exists: (key) => run({ name: 'exists', keys: [key] }, () => inner.exists(key)),
    lease: (key, lease) => run({ name: 'lease', keys: [key] }, () => inner.lease(key, lease)),
    fill: (key, fill) => run({ name: 'fill', keys: [key] }, () => inner.fill(key, fill)),
    mark: (key, mark) => run({ name: 'mark', keys: [key] }, () => inner.mark(key, mark)),
    settle: (key, settle) => run({ name: 'settle', keys: [key] }, () => inner.settle(key, settle)),
    invalidate: (key) => run({ name: 'invalidate', keys: [key] }, () => inner.invalidate(key)),
    inject(next) {
      decide = next;
    },
    setHealth(next) {
      health = next;
    },
    heal() {
      decide = () => undefined;
      health = undefined;
    },
    async late() {
      await Promise.all(late);
      late.clear();
    },
  };
}

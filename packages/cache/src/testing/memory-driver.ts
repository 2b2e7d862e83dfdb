import { assertTtl } from '../cache-driver.ts';
import { entityKeys } from '../entity-keys.ts';
import type { LeaseReply, ProtocolDriver } from '../protocol-driver.ts';

export interface MemoryDriverOptions {
  /** The clock, in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** A driver without a server, always to be read: for tests that need a cache but no Redis. Passes the same suite. */
export function createMemoryDriver({ now = () => performance.now() }: MemoryDriverOptions = {}): ProtocolDriver {
  return new MemoryDriver(now);
}

interface Entry<Value> {
  readonly value: Value;
  readonly expiresAt: number;
}

class MemoryDriver implements ProtocolDriver {
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<Uint8Array>>();
  readonly #leases = new Map<string, Entry<string>>();
  /** By entity, when each writer expires. */
  readonly #writers = new Map<string, Map<string, number>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  health() {
    return { readable: true, unansweredMs: 0 };
  }

  nodeOf() {
    return '';
  }

  async get(key: string) {
    return this.#live(this.#entries, key)?.slice();
  }

  async getMany(keys: readonly string[]) {
    return keys.map((key) => this.#live(this.#entries, key)?.slice());
  }

  async set(key: string, value: Uint8Array, { ttlMs }: { readonly ttlMs: number }) {
    assertTtl(ttlMs);
    this.#put(key, value, ttlMs);
  }

  async delete(key: string) {
    return (await this.exists(key)) && this.#entries.delete(key);
  }

  async exists(key: string) {
    return this.#live(this.#entries, key) !== undefined;
  }

  async lease(key: string, { version, token, ttlMs }: Parameters<ProtocolDriver['lease']>[1]): Promise<LeaseReply> {
    const keys = entityKeys(key);
    const stored = this.#live(this.#entries, keys.value);
    if (stored !== undefined && version.every((byte, at) => stored[at] === byte)) {
      return { kind: 'value', stored: stored.slice() };
    }
    const writers = this.#writers.get(keys.writers) ?? new Map();
    if ([...writers.values()].some((expiresAt) => expiresAt > this.#now())) return { kind: 'writers' };
    if (this.#live(this.#leases, keys.lease) !== undefined) return { kind: 'busy' };
    this.#leases.set(keys.lease, { value: token, expiresAt: this.#now() + ttlMs });
    return { kind: 'leased' };
  }

  async fill(key: string, { token, stored }: Parameters<ProtocolDriver['fill']>[1]) {
    if (stored !== undefined) assertTtl(stored.ttlMs);
    const keys = entityKeys(key);
    if (this.#live(this.#leases, keys.lease) !== token) return false;
    this.#leases.delete(keys.lease);
    if (stored !== undefined) this.#put(keys.value, stored.value, stored.ttlMs);
    return true;
  }

  async mark(key: string, { writer, ttlMs }: Parameters<ProtocolDriver['mark']>[1]) {
    await this.invalidate(key);
    const name = entityKeys(key).writers;
    const writers = [...(this.#writers.get(name) ?? [])].filter(([, expiresAt]) => expiresAt > this.#now());
    this.#writers.set(name, new Map([...writers, [writer, this.#now() + ttlMs]]));
  }

  async settle(key: string, { writer }: Parameters<ProtocolDriver['settle']>[1]) {
    await this.invalidate(key);
    this.#writers.get(entityKeys(key).writers)?.delete(writer);
  }

  async invalidate(key: string) {
    const keys = entityKeys(key);
    this.#entries.delete(keys.value);
    this.#leases.delete(keys.lease);
  }

  #put(key: string, value: Uint8Array, ttlMs: number): void {
    this.#entries.set(key, { value: Uint8Array.from(value), expiresAt: this.#now() + ttlMs });
  }

  #live<Value>(entries: Map<string, Entry<Value>>, key: string): Value | undefined {
    const entry = entries.get(key);
    if (entry !== undefined && entry.expiresAt <= this.#now()) entries.delete(key);
    return entries.get(key)?.value;
  }
}

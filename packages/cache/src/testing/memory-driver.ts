import { assertTtl, type CacheDriver } from '../cache-driver.ts';

export interface MemoryDriverOptions {
  /** The clock, in milliseconds. Default `performance.now`. */
  readonly now?: () => number;
}

/** A driver without a server: for tests that need a cache but no Redis. Passes the same suite. */
export function createMemoryDriver({ now = () => performance.now() }: MemoryDriverOptions = {}): CacheDriver {
  const entries = new Map<string, { readonly value: Uint8Array; readonly expiresAt: number }>();
  const find = (key: string) => {
    const entry = entries.get(key);
    if (entry !== undefined && entry.expiresAt <= now()) entries.delete(key);
    return entries.get(key)?.value.slice();
  };
  return {
    get: async (key) => find(key),
    getMany: async (keys) => keys.map(find),
    set: async (key, value, { ttlMs }) => {
      assertTtl(ttlMs);
      entries.set(key, { value: Uint8Array.from(value), expiresAt: now() + ttlMs });
    },
    delete: async (key) => find(key) !== undefined && entries.delete(key),
    exists: async (key) => find(key) !== undefined,
  };
}

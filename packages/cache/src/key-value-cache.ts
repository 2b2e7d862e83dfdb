import type { CacheDriver } from './cache-driver.ts';
import { type CacheNamespace, cacheKey } from './cache-key.ts';

/**
 * Bytes by id with a time to live, for what may be lost or old at any moment: whoever reads it can do without it, and
 * verifies what must not be old (an e-mail's user id is one, which counts only if that user has the e-mail still).
 * Entities go into an EntityCache. Every method throws CacheUnavailableError within the command budget when Redis cannot be asked.
 */
export interface KeyValueCache {
  /** A copy of the value, or undefined when it is absent, expired or evicted. */
  get(id: string): Promise<Uint8Array | undefined>;
  /** Sets or replaces the value for `ttlMs` milliseconds (whole, from 1 on; else RangeError). */
  set(id: string, value: Uint8Array, options: { readonly ttlMs: number }): Promise<void>;
  /** Removes the value; false when there was none. */
  delete(id: string): Promise<boolean>;
  exists(id: string): Promise<boolean>;
}

/** A KeyValueCache over `driver` whose keys are `tandem:<service>:{<entity>:<id>}`. */
export function createKeyValueCache(driver: CacheDriver, namespace: CacheNamespace): KeyValueCache {
  return {
    get: async (id) => driver.get(cacheKey(namespace, id)),
    set: async (id, value, options) => driver.set(cacheKey(namespace, id), value, options),
    delete: async (id) => driver.delete(cacheKey(namespace, id)),
    exists: async (id) => driver.exists(cacheKey(namespace, id)),
  };
}

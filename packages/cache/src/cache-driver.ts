/**
 * What the cache asks of a server. Every method answers within the driver's command budget or throws
 * CacheUnavailableError; none hangs, none queues for later. Bytes are copied on the way in and out: the caller may change
 * what it passed or got.
 */
export interface CacheDriver {
  /** The value, or undefined when the key is absent or has expired. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The values in the order of the keys (repeats included), in one round trip. No keys: no round trip. */
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Sets or replaces the value for `ttlMs` milliseconds, a whole number from 1 on; else RangeError. */
  set(key: string, value: Uint8Array, options: { readonly ttlMs: number }): Promise<void>;
  /** Removes the key; false when there was none. */
  delete(key: string): Promise<boolean>;
  exists(key: string): Promise<boolean>;
}

/** Throws RangeError unless `ttlMs` is a whole number of milliseconds from 1 on. */
export function assertTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new RangeError(`ttlMs is ${ttlMs}; it must be a whole number of milliseconds from 1 on`);
  }
}

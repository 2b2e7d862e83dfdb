import type { CacheDriver } from './cache-driver.ts';

/** What a reader is told who found nothing: the value after all, or whether it may fill what it reads. */
export type LeaseReply =
  | { readonly kind: 'value'; readonly stored: Uint8Array }
  /** The reader's token is in place: it reads the database now and fills. */
  | { readonly kind: 'leased' }
  /** Another reader is about to fill. */
  | { readonly kind: 'busy' }
  /** A writer is under way: what is read now may be old in a moment, and is not filled. */
  | { readonly kind: 'writers' };

/** What Redis is good for now, of the node that holds a key. */
export interface KeyHealth {
  /**
   * Whether what is read there may be trusted. False while Redis does not answer, and after it came back until all
   * processes have found it and what they could not tell it was made up for.
   */
  readonly readable: boolean;
  /** For how long it has not answered, in milliseconds; 0 when it does, or was not asked of late. */
  readonly unansweredMs: number;
}

/**
 * A CacheDriver that also takes the steps of the entity protocol. `key` is always a `cacheKey`; the driver adds what tells
 * the entity's keys apart. The rules of CacheDriver hold: an answer within the command budget, or CacheUnavailableError,
 * and then the step may have been taken, or be taken later, all the same. Steps that are asked for in one tick of the
 * event loop share their round trip.
 */
export interface ProtocolDriver extends CacheDriver {
  /** Never asks Redis. */
  health(key: string): KeyHealth;
  /** The same for all keys that one round trip can read. */
  nodeOf(key: string): string;
  /**
   * Of a value whose first bytes are `version`: the value. Else `writers` when one is under way; else the lease, for
   * `ttlMs` milliseconds, if no other reader has it.
   */
  lease(
    key: string,
    lease: { readonly version: Uint8Array; readonly token: string; readonly ttlMs: number },
  ): Promise<LeaseReply>;
  /**
   * Ends the lease of this token; `stored` becomes the value for `ttlMs` milliseconds. Without `stored` there is nothing
   * to be filled. False, with nothing done, when the token is not in place any more: what was read may be old.
   */
  fill(
    key: string,
    fill: { readonly token: string; readonly stored?: { readonly value: Uint8Array; readonly ttlMs: number } },
  ): Promise<boolean>;
  /** Removes value and lease, and keeps readers from filling until this writer has settled, or `ttlMs` have passed. */
  mark(key: string, mark: { readonly writer: string; readonly ttlMs: number }): Promise<void>;
  /** Removes value and lease, and this writer from those under way. */
  settle(key: string, settle: { readonly writer: string }): Promise<void>;
  /** Removes value and lease. */
  invalidate(key: string): Promise<void>;
}

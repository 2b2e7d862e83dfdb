import { assertTtl, type CacheDriver } from './cache-driver.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import type { RedisClient } from './redis-client.ts';

/** A change between "can be asked" and "cannot". */
export interface CacheState {
  readonly available: boolean;
  /** `connected`, `answering again`, or what is wrong in a word or two (`ECONNREFUSED`, `timed out`). */
  readonly reason: string;
}

/** Told each change of a connection, as it happens; must not throw. */
export type CacheStateListener = (state: CacheState) => void;

/** A Lua script and what it is run with. All keys must be of one slot of a Cluster. */
export interface RedisScript {
  readonly lua: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

/** What a connection is told beside its client. */
export interface RedisConnectionOptions {
  /** How long the first attempt may take before it counts as failed, in milliseconds; a probe notices, so up to 250 more. */
  readonly connectTimeoutMs: number;
  /** Told the outcome of the first attempt, then every change. */
  readonly onStateChange: CacheStateListener;
}

/** How often Redis is asked whether it answers, traffic or none, in milliseconds. */
const probeEveryMs = 250;
const timedOut = 'timed out';

/**
 * Owns the connection(s) to Redis and knows whether Redis answers. While it does not, every command fails at once; it is
 * tried again every 250 ms. One command without an answer in its budget is enough to be unavailable, one answered
 * probe to be back.
 */
export class RedisConnection implements CacheDriver, AsyncDisposable {
  readonly #client: RedisClient;
  readonly #onStateChange: CacheStateListener;
  readonly #isCluster: boolean;
  readonly #probe: NodeJS.Timeout;
  readonly #connectUntil: number;
  #state: CacheState | undefined;
  #lastFailure = 'not connected yet';

  constructor(client: RedisClient, { connectTimeoutMs, onStateChange }: RedisConnectionOptions) {
    this.#client = client;
    this.#onStateChange = onStateChange;
    this.#connectUntil = performance.now() + connectTimeoutMs;
    this.#isCluster = client.isCluster;
    client.on('ready', () => this.#change({ available: true, reason: 'connected' }));
    client.on('error', (error: unknown) => {
      this.#lastFailure = reasonOf(error);
    });
    client.on('close', () => this.#change({ available: false, reason: this.#lastFailure }));
    this.#probe = setInterval(() => void this.#askWhetherAlive(), probeEveryMs);
  }

  /** Whether Redis answered last and has not failed since. */
  get available(): boolean {
    return this.#state?.available ?? false;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#run(async () => copyOf(await this.#client.getBuffer(key)));
  }

  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.#run(async () => {
      if (keys.length === 0) return [];
      // MGET does not cross a Cluster's slots.
      const found = this.#isCluster
        ? await Promise.all(keys.map((key) => this.#client.getBuffer(key)))
        : await this.#client.mgetBuffer(...keys);
      return found.map(copyOf);
    });
  }

  async set(key: string, value: Uint8Array, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    assertTtl(ttlMs);
    await this.#run(() => this.#client.set(key, Buffer.from(value), 'PX', ttlMs));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#run(() => this.#client.del(key))) === 1;
  }

  async exists(key: string): Promise<boolean> {
    return (await this.#run(() => this.#client.exists(key))) === 1;
  }

  /**
   * Runs a script and gives its reply as the driver reads it: integers as numbers, tables as arrays. Throws
   * CacheUnavailableError as every command does; the script may have run, or run later, all the same.
   */
  evaluate({ lua, keys, args }: RedisScript): Promise<unknown> {
    return this.#run(() => this.#client.eval(lua, keys.length, ...keys, ...args));
  }

  /** Ends the connection; later commands throw CacheUnavailableError. Takes no longer than one command. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#probe);
    this.#client.removeAllListeners('ready').removeAllListeners('close');
    this.#state = { available: false, reason: 'closed' };
    await this.#client.quit().catch(() => {});
    this.#client.disconnect();
  }

  async #run<Reply>(command: () => Promise<Reply>): Promise<Reply> {
    if (!this.available) throw new CacheUnavailableError(this.#state?.reason ?? this.#lastFailure);
    try {
      return await command();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === timedOut) this.#change({ available: false, reason });
      throw new CacheUnavailableError(reason, { cause: error });
    }
  }

  async #askWhetherAlive(): Promise<void> {
    if (this.#client.status !== 'ready') return this.#noticeLateConnection();
    try {
      await this.#client.ping();
      this.#change({ available: true, reason: 'answering again' });
    } catch (error) {
      this.#change({ available: false, reason: reasonOf(error) });
    }
  }

  /** Sentinels and Clusters look for a server without end and without a word. */
  #noticeLateConnection(): void {
    if (performance.now() >= this.#connectUntil) this.#change({ available: false, reason: this.#lastFailure });
  }

  #change(state: CacheState): void {
    if (this.#state?.reason === 'closed' || this.#state?.available === state.available) return;
    this.#state = state;
    this.#onStateChange(state);
  }
}

/** Replies are views of a chunk that the socket read: keeping one would keep, or share, all of it. */
function copyOf(reply: Buffer | null | undefined): Uint8Array | undefined {
  return reply == null ? undefined : new Uint8Array(reply);
}

/** A system code, the first word of what Redis answered (`OOM`, `LOADING`), or what ioredis means by its message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (/timed out|timeout/i.test(error.message)) return timedOut;
  if (error.name === 'ReplyError') return /^[A-Z]+/.exec(error.message)?.[0] ?? 'refused';
  return 'connection lost';
}

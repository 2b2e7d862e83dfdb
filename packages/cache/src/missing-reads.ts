import { setTimeout as delay } from 'node:timers/promises';
import DataLoader from 'dataloader';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import type { EntityCacheOptions, Look } from './entity-cache.ts';
import type { EntityLoad } from './entity-loads.ts';
import type { EntityTally } from './entity-tally.ts';
import { jitterTtl } from './jitter-ttl.ts';
import { makeToken } from './make-token.ts';
import { busyWaitMs as defaultBusyWaitMs, leaseTtlMs as defaultLeaseTtlMs, planRead } from './protocol.ts';
import type { LeaseReply } from './protocol-driver.ts';
import type { Entity, EntityFormat } from './stored-entity.ts';

/** A read that found nothing in the cache. */
export interface MissingRead<Call> {
  readonly id: string;
  readonly key: string;
  readonly call: Call;
  /** False when Redis could not be asked: then it is not asked a second time. */
  readonly mayLease: boolean;
}

/** What those who miss the same entity in one tick have in common. */
interface SharedRead<Call> extends EntityLoad<Call> {
  readonly key: string;
  readonly mayLease: boolean;
}

/** What was asked for with this token. */
interface Lease {
  readonly token: string;
  readonly reply: LeaseReply;
}

type MissingReadsOptions<Call> = Pick<
  EntityCacheOptions<Call>,
  'driver' | 'ttlMs' | 'absentTtlMs' | 'leaseTtlMs' | 'busyWaitMs'
> & {
  readonly tally: EntityTally;
  readonly format: EntityFormat;
  readonly look: (key: string) => Promise<Look>;
  readonly load: (wanted: EntityLoad<Call>) => Promise<Entity>;
};

/** The first pause of one who waits for another's fill, in milliseconds; each is twice as long as the one before. */
const firstPauseMs = 2;

/**
 * Reads what is not in the cache, by the rules of `planRead`: a lease, and only after it the database. Those who miss the
 * same entity in one tick of the event loop do so together.
 */
export class MissingReads<Call> {
  readonly #options: MissingReadsOptions<Call>;
  readonly #batch = new DataLoader<MissingRead<Call>, { readonly entity: Promise<Entity> }>(
    async (missing) => this.#begin(missing),
    { cache: false },
  );

  constructor(options: MissingReadsOptions<Call>) {
    this.#options = options;
  }

  /** The entity; rejects with what the load threw. */
  async read(missing: MissingRead<Call>): Promise<Entity> {
    const { entity } = await this.#batch.load(missing);
    return await entity;
  }

  /**
   * All leases are asked for at once, and share their round trip. Those of one node are waited for together, so that what
   * they let read is one load.
   */
  #begin(missing: readonly MissingRead<Call>[]) {
    const entities = new Map<string, { readonly entity: Promise<Entity> }>();
    for (const reads of Map.groupBy(shareReads(missing), ({ key }) => this.#options.driver.nodeOf(key)).values()) {
      const leases = reads.map((shared) => this.#lease(shared));
      const all = Promise.all(leases);
      for (const [index, shared] of reads.entries()) {
        entities.set(shared.id, { entity: all.then((granted) => this.#readTogether(shared, granted[index])) });
      }
    }
    return missing.map(({ id }) => entities.get(id) ?? new Error(`the read of ${id} was not begun`));
  }

  async #readTogether(shared: SharedRead<Call>, lease: Lease | undefined): Promise<Entity> {
    const { tally, format, load } = this.#options;
    const { token = '', reply } = lease ?? {};
    if (reply?.kind === 'writers') tally.metWriters += 1;
    switch (planRead(reply?.kind)) {
      case 'answer':
        return reply?.kind === 'value' ? format.decode(reply.stored)?.entity : undefined;
      case 'load-and-fill':
        return await this.#loadAndFill(shared, token);
      case 'wait-then-load':
        return await this.#waitThenLoad(shared);
      case 'load':
        return await load(shared);
    }
  }

  /** Undefined when Redis could not be asked. */
  async #lease({ key, mayLease }: SharedRead<Call>): Promise<Lease | undefined> {
    if (!mayLease) return undefined;
    const { driver, format, leaseTtlMs = defaultLeaseTtlMs } = this.#options;
    const token = makeToken();
    try {
      return { token, reply: await driver.lease(key, { version: format.version, token, ttlMs: leaseTtlMs }) };
    } catch (error) {
      if (error instanceof CacheUnavailableError) return undefined;
      throw error;
    }
  }

  /** The callers do not wait for the fill. */
  async #loadAndFill(shared: SharedRead<Call>, token: string): Promise<Entity> {
    try {
      const entity = await this.#options.load(shared);
      void this.#fill(shared.key, { token, entity });
      return entity;
    } catch (error) {
      void this.#giveBack(shared.key, token);
      throw error;
    }
  }

  async #fill(key: string, { token, entity }: { readonly token: string; readonly entity: Entity }): Promise<void> {
    const { driver, format, tally, ttlMs, absentTtlMs } = this.#options;
    const keepMs = entity === undefined ? absentTtlMs : ttlMs;
    if (keepMs === undefined) return await this.#giveBack(key, token);
    try {
      const stored = { value: format.encode(entity), ttlMs: jitterTtl(keepMs) };
      const isFilled = await driver.fill(key, { token, stored });
      tally[isFilled ? 'fills' : 'refusedFills'] += 1;
    } catch {
      tally.failedFills += 1;
    }
  }

  /** Else others would wait for a value that does not come, until the lease expires. */
  async #giveBack(key: string, token: string): Promise<void> {
    await this.#options.driver.fill(key, { token }).catch(() => {});
  }

  async #waitThenLoad(shared: SharedRead<Call>): Promise<Entity> {
    const { look, load, tally, busyWaitMs = defaultBusyWaitMs } = this.#options;
    tally.waits += 1;
    for (let pauseMs = firstPauseMs, waitedMs = 0; waitedMs < busyWaitMs; waitedMs += pauseMs, pauseMs *= 2) {
      await delay(Math.min(pauseMs, busyWaitMs - waitedMs));
      const seen = await look(shared.key);
      if (typeof seen === 'object') return seen.entity;
      if (seen === 'unread') break;
    }
    return await load(shared);
  }
}

/** One read for all who want the same entity. */
function shareReads<Call>(missing: readonly MissingRead<Call>[]): Iterable<SharedRead<Call>> {
  const shared = new Map<string, SharedRead<Call> & { readonly calls: Call[] }>();
  for (const { call, ...read } of missing) {
    const begun = shared.get(read.id);
    if (begun === undefined) shared.set(read.id, { ...read, calls: [call] });
    else begun.calls.push(call);
  }
  return shared.values();
}

import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import type { TestRedis } from '../../../test/support/use-redis.ts';
import { createEntityCache, type EntityCacheOptions } from '../src/entity-cache.ts';
import { createEntityTally } from '../src/entity-tally.ts';
import { connectReadable } from '../src/testing/connect-readable.ts';
import { createFaultyDriver } from '../src/testing/faulty-driver.ts';
import type { Abortable } from '../src/wait-under.ts';

/** A connection to the test's Redis that may be read at once. */
export async function useReadableConnection(redis: TestRedis) {
  const connection = await connectReadable(redis);
  onTestFinished(() => connection[Symbol.asyncDispose]());
  return connection;
}

/** A call that nobody gives up. */
export const patient: Abortable = { signal: new AbortController().signal };

/** A table of one entity's rows, its cache in Redis, and every read that reached the table. */
export async function useEntities(redis: TestRedis, options: Partial<EntityCacheOptions<Abortable>> = {}) {
  const driver = createFaultyDriver(await useReadableConnection(redis));
  const rows = new Map<string, Uint8Array>();
  const loads: (readonly string[])[] = [];
  const tally = createEntityTally();
  /** What a read waits for after it has seen the rows. */
  let gate: Promise<unknown> = Promise.resolve();
  const cache = createEntityCache<Abortable>({
    driver,
    service: 'suite',
    entity: 'thing',
    schemaVersion: 1,
    ttlMs: 60_000,
    absentTtlMs: 60_000,
    tally,
    async load(ids) {
      loads.push(ids);
      const seen = new Map(ids.flatMap((id) => (rows.has(id) ? [[id, rows.get(id) ?? new Uint8Array()]] : [])));
      await gate;
      return seen;
    },
    ...options,
  });
  return {
    driver,
    rows,
    loads,
    tally,
    cache,
    id: randomUUID(),
    /** Holds back the answers of reads of the table from now on, until the returned function is called. */
    holdLoads() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    /** Reads until the cache holds it. */
    async fill(id: string) {
      await cache.get(id, patient);
      await expect.poll(() => cache.peek(id), { interval: 5 }).toBeDefined();
      loads.length = 0;
    },
  };
}

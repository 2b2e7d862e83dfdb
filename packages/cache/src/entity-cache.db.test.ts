import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { useRedis } from '../../../test/support/use-redis.ts';
import { patient, useEntities } from '../test/use-entities.ts';
import { createEntityCache } from './entity-cache.ts';
import { valueKey } from './entity-keys.ts';
import { createWriteFence } from './write-fence.ts';

const redis = useRedis();
const first = Uint8Array.of(1, 13, 10, 0);
const second = Uint8Array.of(2);
const poll = <T>(probe: () => T) => expect.poll(probe, { interval: 5 });

describe('an entity cache', () => {
  it('reads the table once, then the cache', async () => {
    const { cache, rows, loads, id, tally } = await useEntities(redis);
    rows.set(id, first);
    expect(await cache.get(id, patient)).toEqual(first);
    await poll(() => tally.fills).toBe(1);
    expect(await cache.get(id, patient)).toEqual(first);
    expect(loads).toEqual([[id]]);
    expect(tally).toMatchObject({ hits: 1, misses: 1 });
  });

  it('remembers that there is none, tells it from an empty one, and forgets it in a short time', async () => {
    const { cache, rows, loads, id, fill } = await useEntities(redis, { absentTtlMs: 1_500 });
    const empty = randomUUID();
    rows.set(empty, new Uint8Array());
    await fill(id);
    await fill(empty);
    expect(await cache.getMany([id, empty, id], patient)).toEqual(new Map([[empty, new Uint8Array()]]));
    expect(loads).toEqual([]);
    await poll(() => cache.peek(id)).toBeUndefined();
    expect(await cache.peek(empty)).toBeDefined();
  });

  it('remembers no absence where it is not to, and keeps nobody waiting for it', async () => {
    const { cache, id, driver, tally } = await useEntities(redis, { absentTtlMs: undefined });
    const answered: string[] = [];
    driver.inject(({ name }) => void answered.push(name));
    expect(await cache.get(id, patient)).toBeUndefined();
    await poll(() => answered.filter((name) => name === 'fill').length).toBe(1);
    await driver.get('the commands before it have been answered');
    expect(await cache.get(id, patient)).toBeUndefined();
    expect(tally).toMatchObject({ misses: 2, waits: 0, fills: 0 });
  });

  it('makes one round trip, one round of leases and one load of the reads of a tick, up to a thousand', async () => {
    const { cache, rows, loads, driver } = await useEntities(redis);
    const ids = Array.from({ length: 1_000 }, () => randomUUID());
    for (const id of ids) rows.set(id, first);
    const commands: string[] = [];
    driver.inject(({ name }) => void commands.push(name));
    await Promise.all([...ids, ...ids].map((id) => cache.get(id, patient)));
    expect(loads).toEqual([ids]);
    expect(commands.filter((name) => name !== 'fill')).toEqual(['getMany', ...ids.map(() => 'lease')]);
  });

  it('reads the database once for a thousand who miss the same', async () => {
    const { cache, rows, loads, id } = await useEntities(redis);
    rows.set(id, first);
    const reads = Array.from({ length: 1_000 }, () => cache.get(id, patient));
    expect(new Set(await Promise.all(reads))).toEqual(new Set([first]));
    expect(loads).toEqual([[id]]);
  });

  it('tells the load of all calls that wait for it', async () => {
    const waiting: unknown[] = [];
    const { cache, id } = await useEntities(redis, {
      async load(_, calls) {
        waiting.push(...calls);
        return new Map();
      },
    });
    const other = { signal: patient.signal };
    await Promise.all([cache.get(id, patient), cache.get(id, other)]);
    expect(waiting).toEqual([patient, other]);
  });

  it('asks for the lease before it reads the table', async () => {
    const { cache, loads, driver, id } = await useEntities(redis);
    const { promise, resolve } = Promise.withResolvers<number>();
    driver.inject(({ name }) => {
      if (name === 'fill') resolve(loads.length);
      if (name === 'lease') expect(loads).toEqual([]);
      return undefined;
    });
    await cache.get(id, patient);
    expect(await promise).toBe(1);
  });

  it('joins no load that is under way, and waits a moment for its value', async () => {
    const { cache, rows, loads, id, holdLoads, tally } = await useEntities(redis);
    rows.set(id, first);
    const letGo = holdLoads();
    const early = cache.get(id, patient);
    await poll(() => loads.length).toBe(1);
    const waiting = cache.get(id, patient);
    await poll(() => tally.waits).toBe(1);
    letGo();
    expect(await Promise.all([early, waiting])).toEqual([first, first]);
  });

  it('reads the table itself when the value does not come, and does not fill', async () => {
    const { cache, rows, loads, id, driver, tally } = await useEntities(redis);
    await driver.lease(cache.keyOf(id), { version: Uint8Array.of(0, 1), token: 'killed', ttlMs: 60_000 });
    rows.set(id, first);
    expect(await cache.get(id, patient)).toEqual(first);
    expect(loads).toEqual([[id]]);
    expect(tally).toMatchObject({ waits: 1, fills: 0, refusedFills: 0 });
    expect(await cache.peek(id)).toBeUndefined();
  });

  it('does not fill while a writer is under way', async () => {
    const { cache, rows, id, driver, tally } = await useEntities(redis);
    await driver.mark(cache.keyOf(id), { writer: 'w', ttlMs: 60_000 });
    rows.set(id, first);
    expect(await cache.get(id, patient)).toEqual(first);
    expect(tally).toMatchObject({ metWriters: 1, fills: 0 });
  });

  it('does not fill what it read before a write that came meanwhile', async () => {
    const { cache, rows, loads, id, driver, holdLoads, tally } = await useEntities(redis);
    rows.set(id, first);
    const letGo = holdLoads();
    const slow = cache.get(id, patient);
    await poll(() => loads.length).toBe(1);
    const fence = createWriteFence(driver);
    fence.mark([cache.keyOf(id)]);
    await fence.unmarked();
    rows.set(id, second);
    await fence.conclude('committed', { record: async () => {} });
    letGo();
    expect(await slow).toEqual(first);
    await poll(() => tally.refusedFills).toBe(1);
    expect(await cache.get(id, patient)).toEqual(second);
  });

  it('takes a value of another version of the schema for none, and replaces it', async () => {
    const { cache, rows, id, driver, fill } = await useEntities(redis);
    rows.set(id, first);
    await fill(id);
    const next = createEntityCache({
      driver,
      service: 'suite',
      entity: 'thing',
      schemaVersion: 2,
      ttlMs: 60_000,
      load: async (ids) => new Map(ids.map((each) => [each, second])),
    });
    expect(next.keyOf(id)).toBe(cache.keyOf(id));
    expect(await next.get(id, patient)).toEqual(second);
    await poll(() => next.peek(id)).toEqual({ entity: second });
    expect(await cache.peek(id)).toBeUndefined();
  });

  it('keeps entities for their time, give or take a tenth', async () => {
    const { cache, driver, fill } = await useEntities(redis);
    const ttls: number[] = [];
    const inner = driver.fill;
    driver.fill = (key, fillOptions) => {
      ttls.push(fillOptions.stored?.ttlMs ?? 0);
      return inner(key, fillOptions);
    };
    for (let count = 0; count < 20; count++) await fill(randomUUID());
    expect(cache.keyOf('a')).toBe('tandem:suite:{thing:a}');
    expect(Math.min(...ttls)).toBeGreaterThanOrEqual(54_000);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(66_000);
    expect(new Set(ttls).size).toBeGreaterThan(1);
  });

  it('gives a caller who goes away the reason of its signal, and the others the entity', async () => {
    const { cache, rows, id, loads, holdLoads } = await useEntities(redis);
    rows.set(id, first);
    const letGo = holdLoads();
    const controller = new AbortController();
    const [impatient, other] = [cache.get(id, controller), cache.get(id, patient)];
    await poll(() => loads.length).toBe(1);
    controller.abort(new Error('gone'));
    await expect(impatient).rejects.toThrow('gone');
    letGo();
    expect(await other).toEqual(first);
  });

  it('gives back the lease of a load that failed', async () => {
    let failing = true;
    const { cache, id, tally } = await useEntities(redis, {
      load: async () => {
        if (failing) throw new Error('database away');
        return new Map([[id, first]]);
      },
    });
    await expect(cache.get(id, patient)).rejects.toThrow('database away');
    failing = false;
    expect(await cache.get(id, patient)).toEqual(first);
    await poll(() => tally).toMatchObject({ waits: 0, fills: 1 });
  });

  it('says what is cached without reading the table or filling', async () => {
    const { cache, rows, id, loads, fill } = await useEntities(redis);
    rows.set(id, first);
    expect(await cache.peek(id)).toBeUndefined();
    expect(loads).toEqual([]);
    await fill(id);
    expect(await cache.peek(id)).toEqual({ entity: first });
  });
});

describe('an entity cache without Redis', () => {
  it.each(['getMany', 'lease', 'fill'])('reads the table when %s fails', async (failing) => {
    const { cache, rows, id, driver } = await useEntities(redis);
    rows.set(id, first);
    driver.inject(({ name }) => (name === failing ? 'refuse' : undefined));
    expect(await cache.get(id, patient)).toEqual(first);
  });

  it('asks Redis for nothing while it may not be read, and still shares the load', async () => {
    const { cache, rows, id, driver, loads, tally, fill } = await useEntities(redis);
    rows.set(id, first);
    await fill(id);
    rows.set(id, second);
    const commands: string[] = [];
    driver.inject(({ name }) => void commands.push(name));
    driver.setHealth({ readable: false, unansweredMs: 0 });
    const reads = Array.from({ length: 1_000 }, () => cache.get(id, patient));
    expect(new Set(await Promise.all(reads))).toEqual(new Set([second]));
    expect(loads).toEqual([[id]]);
    expect(commands).toEqual([]);
    expect(tally.unread).toBe(1_000);
  });

  it('does not ask a second time when the first answer failed', async () => {
    const { cache, id, driver } = await useEntities(redis);
    const commands: string[] = [];
    driver.inject(({ name }) => {
      commands.push(name);
      return 'refuse';
    });
    await cache.get(id, patient);
    expect(commands).toEqual(['getMany']);
  });
});

it('puts an entity where its keys say', async () => {
  const { cache, rows, id, driver, fill } = await useEntities(redis);
  rows.set(id, first);
  await fill(id);
  expect(await driver.get(valueKey(cache.keyOf(id)))).toEqual(Uint8Array.of(0, 1, 1, ...first));
});

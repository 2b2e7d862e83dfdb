import { describe, expect, it } from 'vitest';
import { useRedis } from '../../../test/support/use-redis.ts';
import { useEntities } from '../test/use-entities.ts';
import { invalidate, invalidateBeforeReply } from './invalidate.ts';
import type { Outcome } from './protocol.ts';
import { createWriteFence } from './write-fence.ts';

const redis = useRedis();
const answering = { readable: true, unansweredMs: 0 };
const unanswered = (unansweredMs: number) => ({ readable: false, unansweredMs });

/** An entity with a value in the cache, a fence over it, and what was recorded. */
async function useFence() {
  const entities = await useEntities(redis);
  const { cache, id, driver } = entities;
  entities.rows.set(id, Uint8Array.of(1));
  await entities.fill(id);
  const key = cache.keyOf(id);
  const fence = createWriteFence(driver);
  const recorded: (readonly string[])[] = [];
  const record = async (keys: readonly string[]) => void recorded.push(keys);
  const leaseKind = async () =>
    (await driver.lease(key, { version: Uint8Array.of(0, 1), token: 'reader', ttlMs: 1_000 })).kind;
  return { ...entities, key, fence, recorded, record, leaseKind, cached: () => cache.peek(id) };
}

describe('a write fence', () => {
  it('removes the value and keeps readers from filling, from the mark to the settlement', async () => {
    const { fence, key, cached, leaseKind, record, recorded } = await useFence();
    fence.mark([key, key]);
    expect(await fence.unmarked()).toEqual([]);
    expect(await cached()).toBeUndefined();
    expect(await leaseKind()).toBe('writers');
    expect(await fence.conclude('committed', { record })).toEqual([]);
    expect(await leaseKind()).toBe('leased');
    expect(recorded).toEqual([]);
  });

  it('settles after a rollback too, and records nothing', async () => {
    const { fence, key, leaseKind, record, recorded, driver } = await useFence();
    fence.mark([key]);
    await fence.conclude('rolled-back', { record });
    expect(await leaseKind()).toBe('leased');
    const lost = createWriteFence(driver);
    driver.inject(({ name }) => (name === 'settle' ? 'refuse' : undefined));
    lost.mark([key]);
    expect(await lost.conclude('rolled-back', { record })).toEqual([]);
    expect(recorded).toEqual([]);
  });

  it('takes a token of its own for each attempt', async () => {
    const { fence, key, leaseKind, record, driver } = await useFence();
    const second = createWriteFence(driver);
    fence.mark([key]);
    second.mark([key]);
    await fence.conclude('rolled-back', { record });
    expect(await leaseKind()).toBe('writers');
    await second.conclude('committed', { record });
    expect(await leaseKind()).toBe('leased');
  });

  it('does not settle an outcome that is unknown, and records all of its keys', async () => {
    const { fence, key, leaseKind, record, recorded } = await useFence();
    fence.mark([key, 'tandem:suite:{thing:other}']);
    expect(await fence.conclude('unknown', { record })).toEqual([]);
    expect(await leaseKind()).toBe('writers');
    expect(recorded).toEqual([fence.keys]);
  });

  it.each(['refuse', 'lose-answer'] as const)('tells the keys whose mark was not confirmed (%s)', async (fault) => {
    const { fence, key, driver, record, recorded, cached } = await useFence();
    driver.inject(({ name, keys }) => (name === 'mark' && keys.includes(key) ? fault : undefined));
    fence.mark(['tandem:suite:{thing:other}', key]);
    expect(await fence.unmarked()).toEqual([key]);
    expect(await fence.conclude('committed', { record })).toEqual([]);
    expect(await cached()).toBeUndefined();
    expect(recorded).toEqual([]);
  });

  it('records a settlement that was not confirmed, and lets the reply go: the mark stands', async () => {
    const { fence, key, driver, record, recorded, leaseKind } = await useFence();
    driver.inject(({ name }) => (name === 'settle' ? 'refuse' : undefined));
    fence.mark([key]);
    expect(await fence.conclude('committed', { record })).toEqual([]);
    expect(recorded).toEqual([[key]]);
    expect(await leaseKind()).toBe('writers');
  });

  it('holds the reply back while neither is confirmed, until one is', async () => {
    const { fence, key, driver, record, recorded, cached } = await useFence();
    driver.inject(({ name }) => (name === 'mark' || name === 'settle' ? 'refuse' : undefined));
    fence.mark([key]);
    let over = false;
    const concluding = fence.conclude('committed', { record }).finally(() => {
      over = true;
    });
    await expect.poll(() => recorded).toEqual([[key]]);
    expect(await cached()).toBeDefined();
    expect(over).toBe(false);
    driver.heal();
    expect(await concluding).toEqual([]);
    expect(await cached()).toBeUndefined();
  });

  it('holds it back no longer once every process has stopped reading Redis', async () => {
    const { fence, key, driver, record } = await useFence();
    driver.inject(() => 'refuse');
    driver.setHealth(unanswered(999));
    fence.mark([key]);
    let over = false;
    const concluding = fence.conclude('committed', { record }).finally(() => {
      over = true;
    });
    await new Promise(setImmediate);
    expect(over).toBe(false);
    driver.setHealth(unanswered(1_000));
    expect(await concluding).toEqual([key]);
  });

  it('holds it back until it is confirmed where nothing less will do, or the caller gives up', async () => {
    const { fence, key, driver, record } = await useFence();
    driver.inject(() => 'refuse');
    driver.setHealth(unanswered(60_000));
    fence.mark([key]);
    const controller = new AbortController();
    const concluding = fence.conclude('committed', { record, untilConfirmed: true, signal: controller.signal });
    const winner = await Promise.race([concluding, new Promise((resolve) => setImmediate(resolve, 'waiting'))]);
    expect(winner).toBe('waiting');
    controller.abort();
    expect(await concluding).toEqual([key]);
  });

  it('rejects with what kept it from recording, after the waiting', async () => {
    const { fence, key, driver, cached } = await useFence();
    driver.inject(({ name }) => (name === 'mark' || name === 'settle' ? 'refuse' : undefined));
    fence.mark([key]);
    const record = async () => {
      setImmediate(() => driver.heal());
      throw new Error('database away');
    };
    await expect(fence.conclude('committed', { record })).rejects.toThrow('database away');
    expect(await cached()).toBeUndefined();
  });

  it('has nothing to do without keys', async () => {
    const { fence, record, recorded, driver } = await useFence();
    driver.inject(() => 'refuse');
    for (const outcome of ['committed', 'rolled-back', 'unknown'] satisfies Outcome[]) {
      expect(await fence.conclude(outcome, { record })).toEqual([]);
    }
    expect(recorded).toEqual([]);
  });
});

describe('an invalidation', () => {
  it('removes the value, and the lease of who read before it', async () => {
    const { driver, key, cached, leaseKind } = await useFence();
    expect(await invalidate(driver, [key])).toEqual([]);
    expect(await cached()).toBeUndefined();
    expect(await leaseKind()).toBe('leased');
    await invalidate(driver, [key]);
    expect(await driver.fill(key, { token: 'reader', stored: { value: Uint8Array.of(0), ttlMs: 1_000 } })).toBe(false);
  });

  it('tells the keys for which it was not confirmed', async () => {
    const { driver, key } = await useFence();
    driver.inject(({ keys }) => (keys.includes(key) ? 'lose-answer' : undefined));
    expect(await invalidate(driver, ['tandem:suite:{thing:other}', key])).toEqual([key]);
  });

  it('holds a recorded reply back until it is confirmed, or nobody reads Redis', async () => {
    const { driver, key, cached } = await useFence();
    let tries = 0;
    driver.inject(() => (++tries < 3 ? 'refuse' : undefined));
    driver.setHealth(answering);
    expect(await invalidateBeforeReply(driver, [key])).toEqual([]);
    expect(tries).toBe(3);
    expect(await cached()).toBeUndefined();
    driver.inject(() => 'refuse');
    driver.setHealth(unanswered(1_000));
    expect(await invalidateBeforeReply(driver, [key])).toEqual([key]);
  });
});

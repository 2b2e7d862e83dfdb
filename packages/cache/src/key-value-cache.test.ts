import { expect, it } from 'vitest';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { createKeyValueCache } from './key-value-cache.ts';
import { createFaultyDriver } from './testing/faulty-driver.ts';
import { createMemoryDriver } from './testing/memory-driver.ts';

const value = Uint8Array.of(1, 2);

it('sets, finds and deletes under keys of its own', async () => {
  const driver = createMemoryDriver();
  const sessions = createKeyValueCache(driver, { service: 'users', entity: 'session' });
  const limits = createKeyValueCache(driver, { service: 'users', entity: 'limit' });
  await sessions.set('1', value, { ttlMs: 1_000 });
  expect([await sessions.get('1'), await limits.get('1')]).toEqual([value, undefined]);
  expect(await driver.exists('tandem:users:{session:1}')).toBe(true);
  expect([await sessions.exists('1'), await sessions.delete('1'), await sessions.exists('1')]).toEqual([
    true,
    true,
    false,
  ]);
});

it('forgets a value when its time is over', async () => {
  let now = 0;
  const cache = createKeyValueCache(createMemoryDriver({ now: () => now }), { service: 'users', entity: 'session' });
  await cache.set('1', value, { ttlMs: 1_000 });
  now = 999;
  expect(await cache.exists('1')).toBe(true);
  now = 1_000;
  expect(await cache.get('1')).toBeUndefined();
});

it('rejects a bad id or time to live instead of throwing at once', async () => {
  const cache = createKeyValueCache(createMemoryDriver(), { service: 'users', entity: 'session' });
  for (const call of [cache.get('}'), cache.exists(''), cache.delete('{'), cache.set('1', value, { ttlMs: 0 })]) {
    await expect(call).rejects.toThrow(RangeError);
  }
});

it('says with a type of its own that the cache is away', async () => {
  const driver = createFaultyDriver(createMemoryDriver());
  driver.inject(() => 'refuse');
  const cache = createKeyValueCache(driver, { service: 'users', entity: 'session' });
  for (const call of [cache.get('1'), cache.exists('1'), cache.delete('1'), cache.set('1', value, { ttlMs: 1 })]) {
    await expect(call).rejects.toThrow(CacheUnavailableError);
  }
});

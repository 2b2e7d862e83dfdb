import { expect, it } from 'vitest';
import { createBatchedReader } from './batched-reader.ts';
import { CacheUnavailableError } from './cache-unavailable-error.ts';
import { createFaultyDriver, type FaultyDriver } from './testing/faulty-driver.ts';
import { createMemoryDriver } from './testing/memory-driver.ts';

const ttlMs = 60_000;

/** A driver with the values 1 and 2 under `a` and `b`, and the keys of each round trip made to it. */
async function useObservedDriver(): Promise<{ driver: FaultyDriver; trips: (readonly string[])[] }> {
  const inner = createMemoryDriver();
  await inner.set('a', Uint8Array.of(1), { ttlMs });
  await inner.set('b', Uint8Array.of(2), { ttlMs });
  const trips: (readonly string[])[] = [];
  const driver = createFaultyDriver(inner);
  driver.inject(({ keys }) => void trips.push(keys));
  return { driver, trips };
}

it('makes one round trip of the reads of a tick, later microtasks included', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver);
  const later = Promise.resolve().then(() => reader.read(['absent', 'a']));
  expect(await Promise.all([reader.read(['b', 'a']), later])).toEqual([
    [{ value: Uint8Array.of(2) }, { value: Uint8Array.of(1) }],
    [{ value: undefined }, { value: Uint8Array.of(1) }],
  ]);
  expect(trips).toEqual([['b', 'a', 'absent']]);
});

it('remembers nothing and joins no round trip that was sent', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver);
  await reader.read(['a']);
  await driver.set('a', Uint8Array.of(7), { ttlMs });
  expect(await reader.read(['a'])).toEqual([{ value: Uint8Array.of(7) }]);
  expect(trips).toEqual([['a'], ['a'], ['a']]);
});

it('makes no round trip for no keys', async () => {
  const { driver, trips } = await useObservedDriver();
  expect(await createBatchedReader(driver).read([])).toEqual([]);
  expect(trips).toEqual([]);
});

it('makes a round trip of its own for each node, and fails the keys of one only', async () => {
  const { driver, trips } = await useObservedDriver();
  driver.inject(({ keys }) => {
    trips.push(keys);
    return keys.includes('a') ? 'refuse' : undefined;
  });
  const reader = createBatchedReader({ getMany: driver.getMany, nodeOf: (key) => (key === 'b' ? 'second' : 'first') });
  expect(await reader.read(['a', 'b', 'c'])).toEqual([
    { error: expect.any(CacheUnavailableError) },
    { value: Uint8Array.of(2) },
    { error: expect.any(CacheUnavailableError) },
  ]);
  expect(trips).toEqual([['a', 'c'], ['b']]);
});

it('cuts a tick that is too large', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver, { maxBatchSize: 2 });
  expect(await reader.read(['1', 'a', '2', 'a', 'b'])).toEqual(
    [undefined, Uint8Array.of(1), undefined, Uint8Array.of(1), Uint8Array.of(2)].map((value) => ({ value })),
  );
  expect(trips.map(({ length }) => length)).toEqual([2, 2, 1]);
});

it('fails nothing after a round trip that failed', async () => {
  const driver = createFaultyDriver(createMemoryDriver());
  const reader = createBatchedReader(driver);
  driver.inject(() => 'refuse');
  expect(await reader.read(['a'])).toEqual([{ error: expect.any(CacheUnavailableError) }]);
  driver.heal();
  expect(await reader.read(['a'])).toEqual([{ value: undefined }]);
});

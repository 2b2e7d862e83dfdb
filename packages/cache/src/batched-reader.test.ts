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
  const later = Promise.resolve().then(() => reader.read('absent'));
  const values = await Promise.all([reader.read('b'), reader.read('a'), later]);
  expect(values).toEqual([Uint8Array.of(2), Uint8Array.of(1), undefined]);
  expect(trips).toEqual([['b', 'a', 'absent']]);
});

it('asks for a key once, and gives every caller bytes of its own', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver);
  const [first, second, third] = await Promise.all([reader.read('a'), reader.read('a'), reader.read('a')]);
  expect(trips).toEqual([['a']]);
  first?.fill(9);
  second?.fill(8);
  expect([second, third]).toEqual([Uint8Array.of(8), Uint8Array.of(1)]);
});

it('remembers nothing and joins no round trip that was sent', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver);
  await reader.read('a');
  await driver.set('a', Uint8Array.of(7), { ttlMs });
  expect(await reader.read('a')).toEqual(Uint8Array.of(7));
  expect(trips).toEqual([['a'], ['a'], ['a']]);
});

it('makes a round trip of its own for each node', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader({ getMany: driver.getMany, nodeOf: (key) => (key === 'b' ? 'second' : 'first') });
  await Promise.all(['a', 'b', 'c'].map((key) => reader.read(key)));
  expect(trips).toEqual([['a', 'c'], ['b']]);
});

it('cuts a tick that is too large', async () => {
  const { driver, trips } = await useObservedDriver();
  const reader = createBatchedReader(driver, { maxBatchSize: 2 });
  await Promise.all(['1', '2', '3'].map((key) => reader.read(key)));
  expect(trips.map(({ length }) => length)).toEqual([2, 1]);
});

it('fails all reads of a round trip that failed, and none after it', async () => {
  const driver = createFaultyDriver(createMemoryDriver());
  const reader = createBatchedReader(driver);
  driver.inject(() => 'refuse');
  const outcomes = await Promise.allSettled([reader.read('a'), reader.read('b')]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
    expect.any(CacheUnavailableError),
    expect.any(CacheUnavailableError),
  ]);
  driver.heal();
  expect(await reader.read('a')).toBeUndefined();
});

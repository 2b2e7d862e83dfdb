import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CacheDriver } from '../cache-driver.ts';

const ttlMs = 60_000;
const bytes = (...values: number[]) => Uint8Array.from(values);

/** What every CacheDriver promises. `useDriver` is called in each test and cleans up after itself. */
export function describeCacheDriver(name: string, useDriver: () => Promise<CacheDriver>): void {
  describe(`the cache driver ${name}`, () => {
    it('gives back the bytes that were set, whatever they are', async () => {
      const [driver, key] = [await useDriver(), randomUUID()];
      for (const value of [bytes(), bytes(0), bytes(13, 10, 0, 255, 128), new Uint8Array(300_000).fill(7)]) {
        await driver.set(key, value, { ttlMs });
        expect(await driver.get(key)).toEqual(value);
      }
    });

    it('finds nothing where nothing was set', async () => {
      const [driver, key] = [await useDriver(), randomUUID()];
      expect(await driver.get(key)).toBeUndefined();
      expect(await driver.exists(key)).toBe(false);
      expect(await driver.delete(key)).toBe(false);
      expect(await driver.getMany([key])).toEqual([undefined]);
    });

    it('tells an empty value from none', async () => {
      const [driver, key] = [await useDriver(), randomUUID()];
      await driver.set(key, bytes(), { ttlMs });
      expect(await driver.exists(key)).toBe(true);
      expect(await driver.getMany([key, randomUUID()])).toEqual([bytes(), undefined]);
    });

    it('reads many in the order asked for, absent and repeated ones included', async () => {
      const driver = await useDriver();
      const [a, b, absent] = [randomUUID(), randomUUID(), randomUUID()];
      await driver.set(a, bytes(1), { ttlMs });
      await driver.set(b, bytes(2), { ttlMs });
      expect(await driver.getMany([b, absent, a, b])).toEqual([bytes(2), undefined, bytes(1), bytes(2)]);
      expect(await driver.getMany([])).toEqual([]);
    });

    it('forgets what was deleted', async () => {
      const [driver, key] = [await useDriver(), randomUUID()];
      await driver.set(key, bytes(1), { ttlMs });
      expect(await driver.delete(key)).toBe(true);
      expect(await driver.get(key)).toBeUndefined();
    });

    it('forgets a value when its time is over, and a new value has a new time', async () => {
      const driver = await useDriver();
      const [short, renewed] = [randomUUID(), randomUUID()];
      await driver.set(short, bytes(1), { ttlMs: 20 });
      await driver.set(renewed, bytes(1), { ttlMs: 20 });
      await driver.set(renewed, bytes(2), { ttlMs });
      await expect.poll(() => driver.exists(short), { interval: 5 }).toBe(false);
      expect(await driver.get(short)).toBeUndefined();
      expect(await driver.get(renewed)).toEqual(bytes(2));
    });

    it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
      'refuses a time to live of %d and sets nothing',
      async (ttl) => {
        const [driver, key] = [await useDriver(), randomUUID()];
        await expect(driver.set(key, bytes(1), { ttlMs: ttl })).rejects.toThrow(RangeError);
        expect(await driver.exists(key)).toBe(false);
      },
    );

    it('keeps its own copy of what it was given and gives a new one every time', async () => {
      const [driver, key, given] = [await useDriver(), randomUUID(), bytes(1, 2, 3)];
      const setting = driver.set(key, given, { ttlMs });
      given.fill(9);
      await setting;
      const [first] = await driver.getMany([key, key]);
      expect(first?.buffer.byteLength).toBe(3);
      first?.fill(9);
      expect(await driver.get(key)).toEqual(bytes(1, 2, 3));
    });
  });
}

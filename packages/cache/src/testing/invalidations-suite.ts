import { beforeEach, describe, expect, it } from 'vitest';
import { carryInvalidations } from '../carry-invalidations.ts';
import type { InvalidationRecords, InvalidationWriter } from '../invalidation-records.ts';
import { createFaultyDriver } from './faulty-driver.ts';
import { createMemoryDriver } from './memory-driver.ts';

/** A service's database, for the suite of what is on record there. */
export interface InvalidationsSubject {
  readonly records: InvalidationRecords;
  /** Runs `work` in a transaction. */
  transaction(work: (invalidations: InvalidationWriter) => Promise<void>): Promise<void>;
}

const signal = new AbortController().signal;
const all = { dueOnly: false, afterId: undefined, limit: 1_000 };
const dayMs = 24 * 3_600_000;

/** What every service's records of invalidations promise, and that they are carried out. */
export function describeInvalidations(subject: InvalidationsSubject): void {
  const { records } = subject;
  const put = (...[keys, options]: Parameters<InvalidationWriter['put']>) =>
    subject.transaction((invalidations) => invalidations.put(keys, options));
  const readKeys = async () => (await records.read(all, signal)).map(({ keys }) => keys);

  describe('invalidations on record', () => {
    beforeEach(async () => {
      const found = await records.read(all, signal);
      await records.remove(
        found.map(({ id }) => id),
        signal,
      );
    });

    it('come and go with the transaction that puts them there', async () => {
      const failing = subject.transaction(async (invalidations) => {
        await invalidations.put(['a']);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      await put(['b', 'c']);
      await put([]);
      expect(await readKeys()).toEqual([['b', 'c']]);
    });

    it('are read page by page, each once, those that are due apart if so asked', async () => {
      for (const [key, dueInMs] of Object.entries({ a: 0, b: dayMs, c: 0, d: 0 })) await put([key], { dueInMs });
      const seen: string[] = [];
      let afterId: string | undefined;
      for (;;) {
        const page = await records.read({ dueOnly: true, afterId, limit: 2 }, signal);
        seen.push(...page.flatMap(({ keys }) => keys));
        afterId = page.at(-1)?.id;
        if (page.length < 2) break;
      }
      expect(seen).toEqual(['a', 'c', 'd']);
      expect((await records.read(all, signal)).map(({ isDue }) => isDue)).toEqual([true, false, true, true]);
    });

    it('go from the cache, and leave the record when they are due and Redis confirmed all of their keys', async () => {
      const driver = createFaultyDriver(createMemoryDriver());
      const keys = ['due', 'not due', 'unconfirmed'];
      for (const key of keys) await lease(driver, key);
      await put(['due']);
      await put(['not due'], { dueInMs: dayMs });
      await put(['due', 'unconfirmed']);
      driver.inject(({ keys: [key] }) => (key?.includes('unconfirmed') ? 'refuse' : undefined));
      expect(await carryInvalidations(driver, records, { signal, dueOnly: false })).toBe(1);
      driver.heal();
      expect(await readKeys()).toEqual([['not due'], ['due', 'unconfirmed']]);
      expect(await Promise.all(keys.map((key) => lease(driver, key)))).toEqual(['leased', 'leased', 'busy']);
    });

    it('stay on record while some of their keys cannot be had, and are left alone while they are not due', async () => {
      const driver = createMemoryDriver();
      for (const key of ['here', 'there', 'not due']) await lease(driver, key);
      await put(['here', 'there']);
      await put(['not due'], { dueInMs: dayMs });
      expect(await carryInvalidations(driver, records, { signal, holds: (key) => key === 'here' })).toBe(0);
      expect(await readKeys()).toEqual([['here', 'there'], ['not due']]);
      expect(await lease(driver, 'here')).toBe('leased');
      expect(await lease(driver, 'there')).toBe('busy');
      expect(await lease(driver, 'not due')).toBe('busy');
    });
  });
}

/** What a reader is told who finds no value: `busy` while an earlier one's lease stands. */
async function lease(driver: ReturnType<typeof createMemoryDriver>, key: string): Promise<string> {
  return (await driver.lease(key, { version: new Uint8Array(2), token: key, ttlMs: dayMs })).kind;
}

import { describe, expect, it } from 'vitest';
import { cacheKey } from './cache-key.ts';
import type { Fencing } from './run-fenced.ts';
import { runFencedAlone } from './run-fenced-alone.ts';
import { createFaultyDriver } from './testing/faulty-driver.ts';
import { createMemoryDriver } from './testing/memory-driver.ts';

const key = cacheKey({ service: 'posts', entity: 'post' }, '1');
const overInMs = 130_000;
const lease = { version: Uint8Array.of(0, 1), token: 'reader', ttlMs: 1_000 };

function useFencing(how: Pick<Fencing, 'recordsAll'> = {}) {
  let nowMs = 0;
  const driver = createFaultyDriver(createMemoryDriver({ now: () => nowMs }));
  const records: { keys: readonly string[]; dueInMs: number | undefined; when: string }[] = [];
  let when = 'before';
  const put = (at: () => string) => async (keys: readonly string[], due?: { readonly dueInMs?: number }) => {
    if (keys.length > 0) records.push({ keys, dueInMs: due?.dueInMs, when: at() });
  };
  const fencing: Fencing = { driver, record: put(() => 'after'), ...how };
  const write = <T>(work: () => Promise<T>) =>
    runFencedAlone(fencing, { overInMs, invalidations: { put: put(() => when) } }, async ({ announce }) => {
      await announce([key]);
      when = 'sent';
      return await work();
    });
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { driver, records, write, wait };
}

describe('a write without a transaction', () => {
  it('keeps readers from filling for as long as it may take, and then lets them', async () => {
    const { driver, write, wait, records } = useFencing();
    const seen = await write(async () => {
      wait(overInMs - 1);
      return await driver.lease(key, lease);
    });
    expect(seen.kind).toBe('writers');
    expect((await driver.lease(key, lease)).kind).toBe('leased');
    expect(records).toEqual([]);
  });

  it('is on record, for as long as it may take, before it is sent where its mark was not confirmed', async () => {
    const { driver, write, records } = useFencing();
    driver.inject(({ name }) => (name === 'mark' ? 'refuse' : undefined));
    await write(async () => {});
    expect(records).toEqual([{ keys: [key], dueInMs: overInMs, when: 'before' }]);
  });

  it('is on record though its mark was confirmed, where every write is', async () => {
    const { write, records } = useFencing({ recordsAll: true });
    await write(async () => {});
    expect(records).toEqual([{ keys: [key], dueInMs: overInMs, when: 'before' }]);
  });

  it('is not sent where it can be neither marked nor recorded', async () => {
    const { driver } = useFencing();
    driver.inject(() => 'refuse');
    let isSent = false;
    const invalidations = { put: () => Promise.reject(new Error('no database')) };
    const fencing: Fencing = { driver, record: () => Promise.reject(new Error('no database')) };
    const written = runFencedAlone(fencing, { overInMs, invalidations }, async ({ announce }) => {
      await announce([key]);
      isSent = true;
    });
    await expect(written).rejects.toThrow('no database');
    expect(isSent).toBe(false);
  });

  it('that failed may take effect all the same: its mark stays, and it is on record', async () => {
    const { driver, write, records } = useFencing();
    await expect(write(() => Promise.reject(new Error('cut off')))).rejects.toThrow('cut off');
    expect(records).toEqual([{ keys: [key], dueInMs: overInMs, when: 'after' }]);
    expect((await driver.lease(key, lease)).kind).toBe('writers');
  });

  it('is on record after it where its settlement was not confirmed', async () => {
    const { driver, write, records } = useFencing();
    driver.inject(({ name }) => (name === 'settle' ? 'refuse' : undefined));
    await write(async () => {});
    expect(records).toEqual([{ keys: [key], dueInMs: 0, when: 'after' }]);
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entityKeys } from '../entity-keys.ts';
import type { LeaseReply, ProtocolDriver } from '../protocol-driver.ts';
import { describeCacheDriver } from './driver-suite.ts';

const ttlMs = 60_000;
const version = Uint8Array.of(0, 1);
const value = Uint8Array.of(0, 1, 200, 13, 10);
const other = Uint8Array.of(0, 2, 201);

/** What every ProtocolDriver promises, and every CacheDriver. `useDriver` is called in each test and cleans up after itself. */
export function describeProtocolDriver(name: string, useDriver: () => Promise<ProtocolDriver>): void {
  describeCacheDriver(name, useDriver);

  /** An entity of this test's own, and the steps on it. */
  async function useEntity() {
    const driver = await useDriver();
    const key = `tandem:suite:{thing:${randomUUID()}}`;
    const keys = entityKeys(key);
    return {
      driver,
      key,
      lease: (token: string, ttl = ttlMs) => driver.lease(key, { version, token, ttlMs: ttl }),
      fill: (token: string, bytes = value) => driver.fill(key, { token, stored: { value: bytes, ttlMs } }),
      mark: (writer: string, ttl = ttlMs) => driver.mark(key, { writer, ttlMs: ttl }),
      settle: (writer: string) => driver.settle(key, { writer }),
      stored: () => driver.get(keys.value),
    };
  }

  const kindOf = async (reply: Promise<LeaseReply>) => (await reply).kind;
  const poll = (kind: () => Promise<string>) => expect.poll(kind, { interval: 5 });

  describe(`the protocol of the driver ${name}`, () => {
    it('leases to one reader at a time, who fills once', async () => {
      const { lease, fill, stored } = await useEntity();
      expect(await kindOf(lease('a'))).toBe('leased');
      expect(await kindOf(lease('b'))).toBe('busy');
      expect(await fill('b')).toBe(false);
      expect(await stored()).toBeUndefined();
      expect(await fill('a')).toBe(true);
      expect(await stored()).toEqual(value);
      expect(await fill('a', other)).toBe(false);
      expect(await stored()).toEqual(value);
    });

    it('gives the value instead of a lease, bytes as they are', async () => {
      const { lease, fill } = await useEntity();
      await lease('a');
      await fill('a');
      expect(await lease('b')).toEqual({ kind: 'value', stored: value });
    });

    it('takes a value of another version of the schema for none, and replaces it', async () => {
      const { lease, fill, stored } = await useEntity();
      await lease('a');
      await fill('a', other);
      expect(await kindOf(lease('b'))).toBe('leased');
      expect(await stored()).toEqual(other);
      expect(await fill('b')).toBe(true);
      expect(await stored()).toEqual(value);
    });

    it('gives a lease back without a value', async () => {
      const { driver, key, lease, stored } = await useEntity();
      await lease('a');
      expect(await driver.fill(key, { token: 'b' })).toBe(false);
      expect(await kindOf(lease('b'))).toBe('busy');
      expect(await driver.fill(key, { token: 'a' })).toBe(true);
      expect(await kindOf(lease('b'))).toBe('leased');
      expect(await stored()).toBeUndefined();
    });

    it('lets a lease expire, and its reader fill no more', async () => {
      const { lease, fill } = await useEntity();
      await lease('a', 20);
      await poll(() => kindOf(lease('b'))).toBe('leased');
      expect(await fill('a')).toBe(false);
    });

    it('lets a value expire', async () => {
      const { driver, key, lease, stored } = await useEntity();
      await lease('a');
      await driver.fill(key, { token: 'a', stored: { value, ttlMs: 20 } });
      await expect.poll(stored, { interval: 5 }).toBeUndefined();
    });

    it('removes value and lease at a mark, and fills nothing until the writer has settled', async () => {
      const { lease, fill, mark, settle, stored } = await useEntity();
      await lease('a');
      await fill('a');
      await mark('w');
      expect(await stored()).toBeUndefined();
      expect(await kindOf(lease('b'))).toBe('writers');
      await settle('w');
      expect(await kindOf(lease('b'))).toBe('leased');
      await mark('x');
      expect(await fill('b')).toBe(false);
    });

    it('waits for the last of several writers, settled in any order and any number of times', async () => {
      const { lease, mark, settle } = await useEntity();
      await mark('w');
      await mark('x');
      await settle('w');
      await settle('w');
      expect(await kindOf(lease('a'))).toBe('writers');
      await settle('x');
      expect(await kindOf(lease('a'))).toBe('leased');
    });

    it('removes value and lease at a settlement whose mark was lost', async () => {
      const { lease, fill, settle, stored } = await useEntity();
      await lease('a');
      await fill('a');
      await settle('w');
      expect(await stored()).toBeUndefined();
      await lease('b');
      await settle('w');
      expect(await fill('b')).toBe(false);
    });

    it('forgets a writer who never settles when the time of its mark is over, and no other', async () => {
      const { lease, mark } = await useEntity();
      await mark('killed', 20);
      await poll(() => kindOf(lease('a'))).toBe('leased');
      await mark('alive');
      await mark('killed too', 20);
      await mark('third', 20);
      expect(await kindOf(lease('b'))).toBe('writers');
    });

    it('removes value and lease, but no writer, when it invalidates', async () => {
      const { driver, key, lease, fill, mark, stored } = await useEntity();
      await lease('a');
      await fill('a');
      await driver.invalidate(key);
      expect(await stored()).toBeUndefined();
      await lease('b');
      await driver.invalidate(key);
      expect(await fill('b')).toBe(false);
      await mark('w');
      await driver.invalidate(key);
      expect(await kindOf(lease('c'))).toBe('writers');
    });

    it('keeps entities apart', async () => {
      const [one, two] = [await useEntity(), await useEntity()];
      await one.mark('w');
      expect(await kindOf(two.lease('a'))).toBe('leased');
    });
  });
}

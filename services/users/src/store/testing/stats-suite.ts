import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../../domain/import-plan.ts';
import type { UserStore } from '../store.ts';
import { makeRow } from './store-calls.ts';

const micros = (text: string) => BigInt(Date.parse(text)) * 1000n;

export function describeStats(getStore: () => UserStore): void {
  describe('figures', () => {
    const load = (rows: ImportRow[]) => getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
    const read = (namePrefix: string, bucket: 'day' | 'month' = 'day') =>
      getStore().reader.stats({ filter: { namePrefix }, bucket }, makeCall());

    async function loadAt(...times: (bigint | string)[]): Promise<string> {
      const name = randomUUID();
      await load(times.map((time) => makeRow({ name, createTime: typeof time === 'string' ? micros(time) : time })));
      return name;
    }

    it('of nobody are zero', async () => {
      const before = BigInt(Date.now()) * 1000n;
      const stats = await read(randomUUID());
      expect(stats).toMatchObject({
        total: 0n,
        active: 0n,
        created: [],
        pointsSum: 0n,
        pointsMean: 0,
        pointsMedian: 0,
      });
      expect(stats.asOf).toBeGreaterThanOrEqual(before);
      expect(stats.asOf).toBeLessThanOrEqual(BigInt(Date.now() + 1) * 1000n);
    });

    it('count those that the filter holds, by state', async () => {
      const name = randomUUID();
      await load([true, true, false].map((isActive) => makeRow({ name, isActive })));
      expect(await read(name)).toMatchObject({ total: 3n, active: 2n });
      const filter = { namePrefix: name, isActive: false };
      expect(await getStore().reader.stats({ filter, bucket: 'day' }, makeCall())).toMatchObject({
        total: 1n,
        active: 0n,
      });
    });

    it('count days of UTC, to the microsecond of their bounds, gaps included', async () => {
      const midnight = micros('2024-02-28T00:00:00Z');
      const name = await loadAt(midnight - 1n, midnight, midnight + 86_400_000_000n - 1n, '2024-03-01T12:00:00Z');
      expect((await read(name)).created).toEqual([
        { start: micros('2024-02-27T00:00:00Z'), count: 1n },
        { start: midnight, count: 2n },
        { start: micros('2024-02-29T00:00:00Z'), count: 0n },
        { start: micros('2024-03-01T00:00:00Z'), count: 1n },
      ]);
    });

    it('count months of UTC', async () => {
      const name = await loadAt('2025-11-30T23:59:59.999Z', '2025-12-01T00:00:00Z', '2026-02-28T12:00:00Z');
      expect((await read(name, 'month')).created).toEqual([
        { start: micros('2025-11-01T00:00:00Z'), count: 1n },
        { start: micros('2025-12-01T00:00:00Z'), count: 1n },
        { start: micros('2026-01-01T00:00:00Z'), count: 0n },
        { start: micros('2026-02-01T00:00:00Z'), count: 1n },
      ]);
    });

    it('know every time that a user may have', async () => {
      const [first, last] = ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'];
      const name = await loadAt(first, last);
      const days = (await read(name)).created;
      expect(days).toHaveLength(3_660);
      expect(days.at(-1)).toEqual({ start: micros('9999-12-31T00:00:00Z'), count: 1n });
      expect(days.reduce((sum, { count }) => sum + count, 0n)).toBe(1n);
      const early = await loadAt(first, '0001-03-01T00:00:00Z');
      expect((await read(early, 'month')).created.map(({ start, count }) => [start, count])).toEqual([
        [micros(first), 1n],
        [micros('0001-02-01T00:00:00Z'), 0n],
        [micros('0001-03-01T00:00:00Z'), 1n],
      ]);
    });
  });
}

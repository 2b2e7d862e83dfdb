import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { scaled, scaledTimeoutMs } from '../../../test/faults/support/scale.ts';
import { useRedis } from '../../../test/support/use-redis.ts';
import { createEntityCache } from '../src/entity-cache.ts';
import { createEntityTally } from '../src/entity-tally.ts';
import { createFenceTally } from '../src/fence-tally.ts';
import { invalidate } from '../src/invalidate.ts';
import { createFaultyDriver, type DriverCommand, type Fault } from '../src/testing/faulty-driver.ts';
import { createWriteFence } from '../src/write-fence.ts';
import { patient, useReadableConnection } from './use-entities.ts';

const redis = useRedis();
const faultOdds = 0.15;

/** Some turns of the event loop: what takes time lets others go first. */
async function turns(most: number): Promise<void> {
  for (let left = Math.random() * most; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
}

function drawFault({ name }: DriverCommand): Fault | undefined {
  if (name === 'getMany' || Math.random() >= faultOdds) return undefined;
  const faults: Fault[] = ['refuse', 'lose-answer', { executeAfter: turns(200) }];
  return faults[Math.floor(Math.random() * faults.length)];
}

/** Rows that count how often they were written, their cache, and what is known of each. */
async function useRows() {
  const driver = createFaultyDriver(await useReadableConnection(redis));
  const ids = Array.from({ length: 5 }, (): string => randomUUID());
  const rows = new Map(ids.map((id) => [id, 0]));
  const acknowledged = new Map(rows);
  const recorded = new Set<string>();
  const [tally, fences] = [createEntityTally(), createFenceTally()];
  const cache = createEntityCache({
    driver,
    service: 'suite',
    entity: 'row',
    schemaVersion: 1,
    ttlMs: 60_000,
    tally,
    async load(wanted) {
      await turns(5);
      const seen = new Map(wanted.map((id) => [id, encode(rows.get(id) ?? 0)]));
      await turns(5);
      return seen;
    },
  });
  return { driver, ids, rows, acknowledged, recorded, tally, fences, cache };
}

const encode = (count: number) => new Uint8Array(Uint32Array.of(count).buffer);
const decode = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).readUInt32LE();

it('never gives or keeps an old value while commands are lost, late or unanswered', {
  timeout: scaledTimeoutMs(120_000),
}, async () => {
  const { driver, ids, rows, acknowledged, recorded, tally, fences, cache } = await useRows();
  let reads = scaled(5_000);
  const read = async () => {
    while (reads-- > 0) {
      const id = ids[reads % ids.length]!;
      const floor = acknowledged.get(id)!;
      expect(decode(await cache.get(id, patient))).toBeGreaterThanOrEqual(floor);
      await turns(3);
    }
  };
  const record = async (keys: readonly string[]) => {
    for (const key of keys) recorded.add(key);
  };
  const write = async (id: string) => {
    while (reads > 0) {
      await turns(40);
      const fence = createWriteFence(driver, { tally: fences });
      fence.mark([cache.keyOf(id)]);
      await record(await fence.unmarked());
      rows.set(id, rows.get(id)! + 1);
      const version = rows.get(id)!;
      await turns(5);
      await fence.conclude('committed', { record });
      acknowledged.set(id, Math.max(version, acknowledged.get(id)!));
    }
  };
  driver.inject(drawFault);
  await Promise.all([...Array.from({ length: 20 }, read), ...ids.map(write)]);
  driver.heal();
  await driver.late();
  expect(await invalidate(driver, recorded)).toEqual([]);
  for (const id of ids) {
    const cached = await cache.peek(id);
    if (cached !== undefined) expect(decode(cached.entity)).toBe(rows.get(id));
  }
  // Else it showed nothing.
  for (const count of [tally.hits, tally.fills, tally.refusedFills, tally.metWriters, fences.unconfirmedMarks]) {
    expect(count).toBeGreaterThan(0);
  }
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useRedis } from '../../../test/support/use-redis.ts';
import { patient, useEntities } from './use-entities.ts';

const redis = useRedis();
const [callsEach, callsATick] = [500, 25];
/** However long this machine is held up, nobody gives up to wait for another's read. */
const unhurried = { leaseTtlMs: 60_000, busyWaitMs: 60_000 };

it('has a herd that misses one entity in many ticks of two processes cost one read of the database', async () => {
  const processes = [await useEntities(redis, unhurried), await useEntities(redis, unhurried)] as const;
  const [{ id }] = processes;
  const release = processes.map(({ rows, holdLoads }) => {
    rows.set(id, Uint8Array.of(7));
    return holdLoads();
  });
  const answers = [processes[0].cache.get(id, patient)];
  await expect.poll(() => processes[0].loads).toHaveLength(1);
  for (let calls = 0; calls < callsEach; calls += callsATick) {
    for (const { cache } of processes) {
      for (let n = 0; n < callsATick; n += 1) answers.push(cache.get(id, patient));
    }
    await turn();
  }
  await expect.poll(() => processes.map(({ tally }) => tally.waits > 0)).toEqual([true, true]);
  for (const open of release) open();
  expect(new Set((await Promise.all(answers)).map((bytes) => bytes?.[0]))).toEqual(new Set([7]));
  expect(answers).toHaveLength(1 + 2 * callsEach);
  expect(processes.flatMap(({ loads }) => loads)).toEqual([[id]]);
});

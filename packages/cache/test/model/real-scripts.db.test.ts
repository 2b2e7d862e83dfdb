import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { scaled, scaledTimeoutMs } from '../../../../test/faults/support/scale.ts';
import { useRedis } from '../../../../test/support/use-redis.ts';
import type { RedisConnection } from '../../src/redis-connection.ts';
import { useReadableConnection } from '../use-entities.ts';
import { movesOf, violationOf } from './explore.ts';
import { RealEntity } from './real-redis.ts';
import { faultKinds, type Model } from './rules.ts';
import { firstStates, type State } from './state.ts';

const redis = useRedis();
const atOnce = 50;
const maxMoves = 80;

function pick<T>(some: readonly T[]): T {
  const picked = some[Math.floor(Math.random() * some.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}

/** One schedule, drawn at random; both sides do the same, and are compared at every answer and at the end. */
async function walk(connection: RedisConnection): Promise<number> {
  const mixedVersions = pick([true, false]);
  const model: Model = {
    fault: pick([true, false]) ? pick(faultKinds) : undefined,
    readers: 3,
    writers: 2,
    mixedVersions,
  };
  const entity = new RealEntity(model, { connection, key: `tandem:suite:{thing:${randomUUID()}}` });
  const schedule: string[] = [];
  let state: State = pick(firstStates(model));
  await entity.begin(state);
  try {
    for (
      let moves = movesOf(model, state);
      moves.length > 0 && schedule.length < maxMoves;
      moves = movesOf(model, state)
    ) {
      const { label, next } = pick(moves);
      schedule.push(label);
      for (const effect of next.effects) await entity.follow(effect);
      state = next;
      expect(violationOf(state)).toBeUndefined();
    }
    await entity.compare(state);
  } catch (error) {
    throw new Error(`${error}\nwith the schedule\n  ${schedule.join('\n  ')}`, { cause: error });
  }
  return schedule.length;
}

it('does on a real Redis, by the real scripts, what the model does, in schedules drawn at random', {
  timeout: scaledTimeoutMs(120_000),
}, async () => {
  const connection = await useReadableConnection(redis);
  let steps = 0;
  for (let left = scaled(1_000); left > 0; left -= atOnce) {
    const walks = Array.from({ length: Math.min(left, atOnce) }, () => walk(connection));
    for (const length of await Promise.all(walks)) steps += length;
  }
  expect(steps).toBeGreaterThan(scaled(1_000));
});

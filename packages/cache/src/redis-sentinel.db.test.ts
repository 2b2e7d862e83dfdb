import { startRedisSentinel } from '@tandem/dev-stack';
import { expect, it } from 'vitest';
import type { BreakerState } from './breaker.ts';
import { connectRedis } from './connect-redis.ts';

it('finds the master that a Sentinel knows, and the next one, which is not read before what was on record is carried out', {
  timeout: 90_000,
}, async () => {
  await using group = await startRedisSentinel();
  const states: BreakerState[] = [];
  let carriedOut = 0;
  const beforeReads = async () => void carriedOut++;
  await using connection = await connectRedis(group.url, {
    // Of a master that stays, a busy machine must not make one that is gone.
    commandTimeoutMs: 1_000,
    pauseBeforeReadsMs: 0,
    beforeReads,
    onChange: ({ state }) => states.push(state),
  });
  await expect.poll(() => states).toEqual(['writes', 'all']);
  await connection.set('a', Uint8Array.of(1), { ttlMs: 60_000 });
  process.kill(group.servers[0]!.pid, 'SIGKILL');
  await expect.poll(() => states, { timeout: 40_000 }).toEqual(['writes', 'all', 'nothing', 'writes', 'all']);
  expect(carriedOut).toBe(2);
  await connection.mark('b', { writer: 'w', ttlMs: 60_000 });
  expect(await connection.exists('bw')).toBe(true);
});

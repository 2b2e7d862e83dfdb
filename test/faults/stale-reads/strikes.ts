import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sendRedisCommands } from '@tandem/dev-stack';
import type { RunningService } from '../../pair/start-service.ts';
import type { OwnRedis } from '../../support/own-redis.ts';

/** What is struck. */
export interface Struck {
  readonly redis: OwnRedis;
  readonly services: readonly RunningService[];
}

/** What befalls a cache, by name. */
export const strikes: Record<string, (struck: Struck) => Promise<void>> = {
  async flush({ redis }) {
    await sendRedisCommands(redis.url, [['FLUSHALL']]);
  },
  /** Keys of all kinds, marks and leases among them. */
  async evict({ redis }) {
    for (let n = 0; n < 50; n += 1) {
      const [key] = await sendRedisCommands(redis.url, [['RANDOMKEY']]);
      if (typeof key === 'string') await sendRedisCommands(redis.url, [['DEL', key]]);
    }
  },
  'stop shortly': ({ redis }) => stopRedis(redis, randomInt(50, 300)),
  'stop long': ({ redis }) => stopRedis(redis, randomInt(1_000, 3_000)),
  async restart({ redis }) {
    await redis.restart();
  },
  /** Anywhere; `strike-between-steps.ts` has it at chosen points. */
  async 'stop a service'({ services }) {
    const service = services[randomInt(services.length)];
    service?.signal('SIGSTOP');
    await pause(randomInt(500, 2_000));
    service?.signal('SIGCONT');
  },
};

/** Its old contents are still in it afterwards. */
async function stopRedis(redis: OwnRedis, forMs: number): Promise<void> {
  redis.signal('SIGSTOP');
  await pause(forMs);
  redis.signal('SIGCONT');
}

import { randomBytes } from 'node:crypto';
import { sendRedisCommands } from '@tandem/dev-stack';
import { afterAll, inject } from 'vitest';

/** A Redis shared with other files, and the prefix that this one's keys must have. */
export interface TestRedis {
  readonly url: string;
  readonly keyPrefix: string;
}

/** Redis for this file (or this `describe`): what it put under its prefix is removed after it. */
export function useRedis(): TestRedis {
  const redis = { url: inject('redisUrl'), keyPrefix: `test-${randomBytes(6).toString('hex')}:` };
  afterAll(() => removeKeys(redis));
  return redis;
}

async function removeKeys({ url, keyPrefix }: TestRedis): Promise<void> {
  let cursor = '0';
  do {
    const [reply] = await sendRedisCommands(url, [['SCAN', cursor, 'MATCH', `${keyPrefix}*`, 'COUNT', '1000']]);
    const [next, keys] = reply as [string, string[]];
    if (keys.length > 0) await sendRedisCommands(url, [['UNLINK', ...keys]]);
    cursor = next;
  } while (cursor !== '0');
}

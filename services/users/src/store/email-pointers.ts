import { createHash } from 'node:crypto';
import { type CacheDriver, CacheUnavailableError, createKeyValueCache, jitterTtl } from '@tandem/cache';

/** Which user had an e-mail when somebody looked: a hint, to be verified against that user. */
export interface EmailPointers {
  /** The user's id, or undefined when nothing is known. */
  find(email: string): Promise<string | undefined>;
  keep(email: string, userId: string): Promise<void>;
}

const ttlMs = 300_000;

/** In the cache, under a hash: no address stands in Redis. Without Redis nothing is known. */
export function createEmailPointers(driver: CacheDriver): EmailPointers {
  const pointers = createKeyValueCache(driver, { service: 'users', entity: 'email' });
  const unlessAway = (error: unknown) => {
    if (!(error instanceof CacheUnavailableError)) throw error;
    return undefined;
  };
  return {
    async find(email) {
      const found = await pointers.get(hash(email)).catch(unlessAway);
      return found && Buffer.from(found).toString();
    },
    async keep(email, userId) {
      await pointers.set(hash(email), Buffer.from(userId), { ttlMs: jitterTtl(ttlMs) }).catch(unlessAway);
    },
  };
}

function hash(email: string): string {
  return createHash('sha256').update(email.toLowerCase()).digest('base64url');
}

import { createHmac } from 'node:crypto';
import { cacheKey, type LimiterClient } from '@tandem/cache';
import { TandemError } from '@tandem/rpc';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { throttledNetwork } from '../domain/ip-address.ts';
import type { CountedLogin, LoginSource, LoginThrottle } from '../domain/login-throttle.ts';

export interface LoginThrottleOptions {
  /** Where all replicas count together; undefined: each process by itself, as also while Redis does not answer. */
  readonly redis: LimiterClient | undefined;
  /** What e-mails and addresses are digested with: they are nobody's business in Redis. The same on every replica. */
  readonly secret: Uint8Array;
  readonly failuresPerIdentifier: number;
  readonly failuresPerIp: number;
  /** From the first failure on. */
  readonly windowSeconds: number;
}

interface Counter {
  readonly limiter: RateLimiterAbstract;
  readonly key: string;
}

/**
 * Counts tries by rate-limiter-flexible. A refused try is withdrawn where it was counted already: one address at a
 * throttled e-mail must not shut out its neighbours, and a throttled address must not shut out an e-mail.
 */
export function createLoginThrottle(options: LoginThrottleOptions): LoginThrottle {
  const byIdentifier = createLimiter(options, options.failuresPerIdentifier);
  const byIp = createLimiter(options, options.failuresPerIp);
  const keyOf = (entity: string, text: string) => {
    const id = createHmac('sha256', options.secret).update(`${entity}:${text}`).digest('base64url');
    return cacheKey({ service: 'users', entity }, id);
  };
  return {
    async count({ email, ip }: LoginSource): Promise<CountedLogin> {
      const address = ip ? { limiter: byIp, key: keyOf('login-ip', throttledNetwork(ip)) } : undefined;
      const identifier = { limiter: byIdentifier, key: keyOf('login-email', email.toLowerCase()) };
      if (address) await consume(address);
      try {
        await consume(identifier);
      } catch (error) {
        if (address) await giveBack(address);
        throw error;
      }
      return counted(identifier, address);
    },
  };
}

function counted(identifier: Counter, address: Counter | undefined): CountedLogin {
  return {
    async succeed() {
      await identifier.limiter.delete(identifier.key);
      if (address) await giveBack(address);
    },
    async withdraw() {
      await giveBack(identifier);
      if (address) await giveBack(address);
    },
  };
}

function createLimiter({ redis, windowSeconds }: LoginThrottleOptions, points: number): RateLimiterAbstract {
  const settings = { points, duration: windowSeconds, keyPrefix: '' };
  const inProcess = new RateLimiterMemory(settings);
  if (redis === undefined) return inProcess;
  return new RateLimiterRedis({ ...settings, storeClient: redis, insuranceLimiter: inProcess });
}

async function consume({ limiter, key }: Counter): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw throttled(error.msBeforeNext);
  }
}

async function giveBack({ limiter, key }: Counter): Promise<void> {
  await limiter.reward(key);
}

function throttled(leftMs: number): TandemError {
  const retryAfterMs = Math.max(1, leftMs);
  return new TandemError(
    'LOGIN_THROTTLED',
    `Too many failed logins; try again in ${Math.ceil(retryAfterMs / 1_000)} s, with the right password then.`,
    { retryAfterMs },
  );
}

import { randomBytes, randomUUID } from 'node:crypto';
import { connectRedis, createLimiterClient, type LimiterClient } from '@tandem/cache';
import { sendRedisCommands, startTcpProxy } from '@tandem/dev-stack';
import { TandemError } from '@tandem/rpc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useRedis } from '../../../../test/support/use-redis.ts';
import type { LoginThrottle } from '../domain/login-throttle.ts';
import { createLoginThrottle, type LoginThrottleOptions } from './login-throttle.ts';

const redis = useRedis();
const secret = randomBytes(32);
const settings = { secret, failuresPerIdentifier: 10, failuresPerIp: 100, windowSeconds: 900 };

/** Waits for Redis as long as a busy machine takes: what took it for dead would count by itself. */
async function useLimiterClient({ url = redis.url, commandTimeoutMs = 20_000 } = {}): Promise<LimiterClient> {
  const { keyPrefix } = redis;
  const connection = await connectRedis(url, { keyPrefix, commandTimeoutMs, connectTimeoutMs: 20_000 });
  onTestFinished(() => connection[Symbol.asyncDispose]());
  return createLimiterClient(connection);
}

const someEmail = () => `${randomUUID()}@example.org`;

/** Whether the try was let through: counted, and left as a failure. */
async function fail(throttle: LoginThrottle, email: string, ip?: string): Promise<boolean> {
  try {
    await throttle.count({ email, ip });
    return true;
  } catch (error) {
    if (error instanceof TandemError && error.reason === 'LOGIN_THROTTLED') return false;
    throw error;
  }
}

async function failMany(count: number, once: () => Promise<boolean>): Promise<number> {
  const outcomes = await Promise.all(Array.from({ length: count }, once));
  return outcomes.filter((letThrough) => letThrough).length;
}

const shared = async (options: Partial<LoginThrottleOptions> = {}) =>
  createLoginThrottle({ ...settings, redis: await useLimiterClient(), ...options });
const alone = async (options: Partial<LoginThrottleOptions> = {}) =>
  createLoginThrottle({ ...settings, redis: undefined, ...options });

describe.each([
  ['Redis', shared],
  ['the process alone', alone],
])('the throttle of logins, counting in %s', (_, createThrottle) => {
  it('lets ten failures through for one e-mail, however many come at once and in whatever case', async () => {
    const throttle = await createThrottle();
    const email = someEmail();
    expect(await failMany(50, () => fail(throttle, email))).toBe(10);
    expect(await fail(throttle, email.toUpperCase())).toBe(false);
    expect(await fail(throttle, someEmail())).toBe(true);
  });

  it('says how much of the window is left', async () => {
    const throttle = await createThrottle({ failuresPerIdentifier: 1 });
    const email = someEmail();
    await fail(throttle, email);
    const refused = await throttle.count({ email, ip: undefined }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ reason: 'LOGIN_THROTTLED', message: expect.not.stringContaining(email) });
    const { retryAfterMs = 0 } = refused as TandemError;
    expect(retryAfterMs).toBeGreaterThan(840_000);
    expect(retryAfterMs).toBeLessThanOrEqual(900_000);
  });

  it('lets a hundred failures through for one address, whatever the e-mail', async () => {
    const throttle = await createThrottle();
    expect(await failMany(120, () => fail(throttle, someEmail(), '192.0.2.1'))).toBe(100);
    expect(await fail(throttle, someEmail(), '192.0.2.2')).toBe(true);
    expect(await fail(throttle, someEmail())).toBe(true);
  });

  it('counts an IPv6 address with its /64', async () => {
    const throttle = await createThrottle({ failuresPerIp: 2 });
    expect(await fail(throttle, someEmail(), '2001:db8:1:2::1')).toBe(true);
    expect(await fail(throttle, someEmail(), '2001:db8:1:2:ffff::1')).toBe(true);
    expect(await fail(throttle, someEmail(), '2001:db8:1:2::3')).toBe(false);
    expect(await fail(throttle, someEmail(), '2001:db8:1:3::1')).toBe(true);
  });

  it('forgives the e-mail after a success, and takes the try off its address', async () => {
    const throttle = await createThrottle({ failuresPerIdentifier: 3, failuresPerIp: 3 });
    const email = someEmail();
    const ip = '198.51.100.1';
    await fail(throttle, email, ip);
    await fail(throttle, email, ip);
    await (await throttle.count({ email, ip })).succeed();
    expect(await failMany(4, () => fail(throttle, email))).toBe(3);
    expect(await failMany(2, () => fail(throttle, someEmail(), ip))).toBe(1);
  });

  it('takes back a try that was not decided', async () => {
    const throttle = await createThrottle({ failuresPerIdentifier: 2, failuresPerIp: 2 });
    const source = { email: someEmail(), ip: '198.51.100.2' };
    for (let count = 0; count < 5; count += 1) await (await throttle.count(source)).withdraw();
    expect(await failMany(5, () => fail(throttle, source.email, source.ip))).toBe(2);
  });

  it('lets neither a throttled address use up an e-mail, nor a throttled e-mail an address', async () => {
    const throttle = await createThrottle({ failuresPerIdentifier: 2, failuresPerIp: 3 });
    const [email, victim, ip] = [someEmail(), someEmail(), '198.51.100.3'];
    for (let count = 0; count < 10; count += 1) await fail(throttle, email, ip);
    expect(await fail(throttle, someEmail(), ip)).toBe(true);
    for (let count = 0; count < 10; count += 1) expect(await fail(throttle, victim, ip)).toBe(false);
    expect(await failMany(5, () => fail(throttle, victim))).toBe(2);
  });
});

describe('the throttle of logins', () => {
  it('counts for all processes together', async () => {
    const throttles = [await shared(), await shared()];
    const email = someEmail();
    let turn = 0;
    expect(await failMany(30, () => fail(throttles[turn++ % 2]!, email))).toBe(10);
  });

  it('begins anew when the window is over', async () => {
    const throttle = await shared({ failuresPerIdentifier: 1, windowSeconds: 1 });
    const email = someEmail();
    // Two of them must meet in one window, however long a busy machine takes.
    await expect.poll(() => fail(throttle, email), { timeout: 10_000, interval: 1 }).toBe(false);
    await expect.poll(() => fail(throttle, email), { timeout: 10_000, interval: 50 }).toBe(true);
  });

  it('puts neither e-mail nor address into a key', async () => {
    const email = someEmail();
    await fail(await shared(), email, '203.0.113.77');
    const [keys] = await sendRedisCommands(redis.url, [['KEYS', `${redis.keyPrefix}tandem:users:{login-*`]]);
    expect(keys).not.toHaveLength(0);
    expect(JSON.stringify(keys)).not.toMatch(new RegExp(`${email}|203\\.0\\.113\\.77|example`));
  });

  it('goes on counting by itself while Redis does not answer, and in Redis when it does again', async () => {
    const { hostname, port } = new URL(redis.url);
    const proxy = await startTcpProxy({ targetHost: hostname, targetPort: Number(port) });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const url = `redis://127.0.0.1:${proxy.port}`;
    const throttle = await shared({ redis: await useLimiterClient({ url, commandTimeoutMs: 500 }) });
    const [email, other] = [someEmail(), someEmail()];
    proxy.blackhole();
    expect(await failMany(50, () => fail(throttle, email, '203.0.113.1'))).toBe(10);
    const source = { email: other, ip: '203.0.113.2' };
    await (await throttle.count(source)).withdraw();
    await (await throttle.count(source)).succeed();
    proxy.resume();
    const onlooker = await shared({ failuresPerIdentifier: 1 });
    const fresh = async () => {
      const next = someEmail();
      await fail(throttle, next);
      return await fail(onlooker, next);
    };
    await expect.poll(fresh, { timeout: 20_000, interval: 50 }).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { clusterOptions, serverOptions } from './redis-client.ts';
import { parseRedisUrl, type RedisTarget } from './redis-target.ts';

const settings = { connectTimeoutMs: 500, keyPrefix: 'p:' };

function targetOf<Kind extends RedisTarget['kind']>(kind: Kind, url: string): Extract<RedisTarget, { kind: Kind }> {
  const target = parseRedisUrl(url);
  expect(target.kind).toBe(kind);
  return target as Extract<RedisTarget, { kind: Kind }>;
}

const failsFast = {
  connectTimeout: 500,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
};

describe('the settings of the Redis client', () => {
  it('name the server, its database and the login', () => {
    const options = serverOptions(targetOf('standalone', 'rediss://me:secret@h:1/2'), settings);
    const address = { host: 'h', port: 1, db: 2, username: 'me', password: 'secret', tls: {} };
    expect(options).toMatchObject({ ...failsFast, ...address, enableOfflineQueue: false, keyPrefix: 'p:' });
  });

  it('name the sentinels and the master, and no host', () => {
    const options = serverOptions(targetOf('sentinel', 'redis+sentinel://a:1,b:2/main'), settings);
    const sentinels = [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ];
    expect(options).toMatchObject({ ...failsFast, sentinels, name: 'main', enableOfflineQueue: false });
    expect(options).not.toHaveProperty('host');
    expect(options).not.toHaveProperty('tls');
  });

  it('fail as fast on every node of a Cluster', () => {
    const options = clusterOptions(targetOf('cluster', 'redis://:secret@a:1,b:2'), settings);
    expect(options).toMatchObject({ enableOfflineQueue: false, keyPrefix: 'p:' });
    expect(options.redisOptions).toMatchObject({ ...failsFast, password: 'secret' });
    expect(options.redisOptions).not.toHaveProperty('keyPrefix');
  });

  it('reconnect without end, at once first and never more than 250 ms apart', () => {
    const delay = serverOptions(targetOf('standalone', 'redis://h'), settings).retryStrategy;
    expect(delay(1)).toBe(10);
    const delays = Array.from({ length: 1_000 }, (_, attempt) => delay(attempt + 1));
    expect(Math.max(...delays)).toBe(250);
    expect(delays.at(-1)).toBe(250);
  });
});

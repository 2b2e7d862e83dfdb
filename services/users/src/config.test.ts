import { describe, expect, it } from 'vitest';
import { readUsersConfig } from './config.ts';

const databaseUrl = 'postgres://tandem:s3cret@db.example:5432/tandem_users';
const read = (env: Record<string, string>) => readUsersConfig({ USERS_DATABASE_URL: databaseUrl, ...env });

describe('readUsersConfig', () => {
  it('needs nothing but the database', () => {
    expect(read({})).toEqual({
      databaseUrl,
      databaseReadUrl: undefined,
      poolSize: 8,
      poolOverflow: 8,
      slowStatementMs: 500,
      postsTarget: '127.0.0.1:50052',
      redisUrl: undefined,
      recordsAll: false,
      logins: { failuresPerIdentifier: 10, failuresPerIp: 100, windowSeconds: 900 },
      listen: { host: '127.0.0.1', port: 50051 },
      edgeListen: { host: '127.0.0.1', port: 8051 },
      pageTokenKeys: [],
      authMode: 'open',
      workers: 1,
      logLevel: 'info',
      shutdownGraceMs: 10_000,
    });
  });

  it('takes what is given', () => {
    const config = read({
      USERS_LISTEN: '[::1]:0',
      USERS_DATABASE_READ_URL: 'postgres://replica/tandem_users',
      USERS_DATABASE_SLOW_STATEMENT_MS: '0',
      POSTS_TARGET: 'dns:///posts:50052',
      REDIS_URL: 'redis://cache:6379',
      CACHE_INVALIDATION_RECORDS: 'all',
      LOG_LEVEL: 'debug',
      LOGIN_WINDOW_SECONDS: '60',
      SHUTDOWN_GRACE_MS: '5',
    });
    expect(config).toMatchObject({
      listen: { port: 0 },
      databaseReadUrl: 'postgres://replica/tandem_users',
      slowStatementMs: 0,
      postsTarget: 'dns:///posts:50052',
      redisUrl: 'redis://cache:6379',
      recordsAll: true,
      logLevel: 'debug',
      logins: { windowSeconds: 60 },
      shutdownGraceMs: 5,
    });
  });

  it('seals with the first key of several', () => {
    const { pageTokenKeys } = read({ PAGE_TOKEN_KEYS: 'first-key-of-16-bytes, second-key-of-16-bytes' });
    expect(pageTokenKeys.map((key) => Buffer.from(key).toString())).toEqual([
      'first-key-of-16-bytes',
      'second-key-of-16-bytes',
    ]);
  });

  it('tells all bad values together, by name, in one line', () => {
    const bad = {
      USERS_LISTEN: 'nowhere',
      LOG_LEVEL: 'loud',
      SHUTDOWN_GRACE_MS: '-1',
      WORKERS: '0',
      AUTH_MODE: 'none',
      REDIS_URL: 'http://x',
    };
    const names = ['USERS_DATABASE_URL', ...Object.keys(bad)];
    expect(() => readUsersConfig(bad)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(names.map((name) => `(?=.*${name})`).join(''))),
      }),
    );
    expect(() => readUsersConfig(bad)).not.toThrow(/\n/);
  });

  it.each([
    ['USERS_DATABASE_URL', 'mysql://tandem:s3cret@db/tandem'],
    ['USERS_DATABASE_URL', 'postgres://tandem:s3cret@db'],
    ['USERS_DATABASE_URL', 's3cret'],
    ['USERS_DATABASE_READ_URL', 'postgres://tandem:s3cret@replica'],
    ['USERS_DATABASE_SLOW_STATEMENT_MS', 'never'],
    ['PAGE_TOKEN_KEYS', 's3cret'],
    ['REDIS_URL', 's3cret'],
    ['USERS_LISTEN', '127.0.0.1:65536'],
    ['USERS_DATABASE_POOL_SIZE', '0'],
    ['LOGIN_FAILURES_PER_IP', '0'],
  ])('refuses %s=%s without repeating it', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
    expect(() => read({ [name]: value })).not.toThrow(/s3cret/);
  });
});

import { describe, expect, it } from 'vitest';
import { readPostsConfig } from './config.ts';

const databaseUrl = 'mongodb://tandem:s3cret@a.example:27017,b.example:27017/tandem_posts?replicaSet=rs0';
const read = (env: Record<string, string>) => readPostsConfig({ POSTS_DATABASE_URL: databaseUrl, ...env });

describe('readPostsConfig', () => {
  it('needs nothing but the database', () => {
    expect(read({})).toEqual({
      databaseUrl,
      usersTarget: '127.0.0.1:50051',
      redisUrl: undefined,
      recordsAll: false,
      listen: { host: '127.0.0.1', port: 50052 },
      edgeListen: { host: '127.0.0.1', port: 8052 },
      pageTokenKeys: [],
      authMode: 'open',
      workers: 1,
      logLevel: 'info',
      shutdownGraceMs: 10_000,
    });
  });

  it.each(['users:50051', 'dns:///users.internal:50051', '[::1]:50051', 'unix:/run/users.sock'])(
    'takes %s as a target',
    (target) => {
      expect(read({ USERS_TARGET: target }).usersTarget).toBe(target);
    },
  );

  it('puts all writes on record where it is told to', () => {
    expect(read({ CACHE_INVALIDATION_RECORDS: 'all' }).recordsAll).toBe(true);
  });

  it('tells all bad values together, by name, in one line', () => {
    const bad = {
      POSTS_LISTEN: 'nowhere',
      LOG_LEVEL: 'loud',
      USERS_TARGET: 'users',
      REDIS_URL: 'http://x',
      CACHE_INVALIDATION_RECORDS: 'x',
    };
    const names = ['POSTS_DATABASE_URL', ...Object.keys(bad)];
    const all = new RegExp(names.map((name) => `(?=.*${name})`).join(''));
    expect(() => readPostsConfig(bad)).toThrow(expect.objectContaining({ message: expect.stringMatching(all) }));
    expect(() => readPostsConfig(bad)).not.toThrow(/\n/);
  });

  it.each([
    ['POSTS_DATABASE_URL', 'postgres://tandem:s3cret@db/tandem'],
    ['POSTS_DATABASE_URL', 'mongodb://tandem:s3cret@db'],
    ['POSTS_DATABASE_URL', 'mongodb://tandem:s3cret@@db/tandem'],
    ['POSTS_DATABASE_URL', 's3cret'],
    ['PAGE_TOKEN_KEYS', 's3cret'],
    ['USERS_TARGET', 'http://s3cret'],
    ['POSTS_EDGE_LISTEN', '127.0.0.1:65536'],
  ])('refuses %s=%s without repeating it', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(name);
    expect(() => read({ [name]: value })).not.toThrow(/s3cret/);
  });
});

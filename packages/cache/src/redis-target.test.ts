import { describe, expect, it } from 'vitest';
import { describeRedisTarget, parseRedisUrl, RedisUrlError } from './redis-target.ts';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://localhost', { kind: 'standalone', host: 'localhost', port: 6379, db: 0, tls: false }],
    ['redis://10.0.0.1:7000/3', { kind: 'standalone', host: '10.0.0.1', port: 7000, db: 3, tls: false }],
    ['redis://[::1]:7000/', { kind: 'standalone', host: '::1', port: 7000, db: 0, tls: false }],
    [
      'rediss://me:p%40ss@cache.example',
      { kind: 'standalone', host: 'cache.example', port: 6379, db: 0, tls: true, username: 'me', password: 'p@ss' },
    ],
    ['redis://:secret@h', { kind: 'standalone', host: 'h', port: 6379, db: 0, tls: false, password: 'secret' }],
    [
      'redis://a:1,b:2,redis://c',
      {
        kind: 'cluster',
        tls: false,
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
          { host: 'c', port: 6379 },
        ],
      },
    ],
    [
      'rediss://me:secret@a:1,rediss://me:secret@b:2',
      {
        kind: 'cluster',
        tls: true,
        username: 'me',
        password: 'secret',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    [
      'redis+sentinel://a:1,b/main',
      {
        kind: 'sentinel',
        tls: false,
        master: 'main',
        sentinels: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26379 },
        ],
      },
    ],
    [
      'redis+sentinel://me:s%2Fcret@a:1/main',
      {
        kind: 'sentinel',
        tls: false,
        username: 'me',
        password: 's/cret',
        master: 'main',
        sentinels: [{ host: 'a', port: 1 }],
      },
    ],
  ])('understands %s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    '',
    'hunter2',
    'http://u:hunter2@h',
    'redis://',
    'redis://u:hunter2@',
    'redis://u:hunter2@h:99999',
    'redis://u:hunter2@h/first',
    'redis://u:hunter2@h/999999',
    'redis://u:hunter2%@h',
    'redis://u:hunter2@a,',
    'redis://u:hunter2@a/1,b',
    'redis+sentinel://u:hunter2@a:1',
    'redis+sentinel://u:hunter2@a:1/',
    'redis+sentinel:///main',
    'redis+sentinel://u:hunter2@a:x/main',
  ])('refuses %j without repeating it', (url) => {
    const parse = () => parseRedisUrl(url);
    expect(parse).toThrow(RedisUrlError);
    expect(parse).toThrow(/^REDIS_URL /);
    expect(parse).not.toThrow('hunter2');
  });
});

describe('describeRedisTarget', () => {
  it.each([
    ['rediss://u:hunter2@h', 'h:6379'],
    ['redis://[::1]:1', '[::1]:1'],
    ['redis://u:hunter2@a:1,b:2', 'cluster a:1, b:2'],
    ['redis+sentinel://u:hunter2@a:1,b:2/main', 'main of the sentinels a:1, b:2'],
  ])('tells of %s no more than %s', (url, text) => {
    expect(describeRedisTarget(parseRedisUrl(url))).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { checkRedisUrl, connectCache } from './connect-cache.ts';

describe('connectCache', () => {
  it('goes without one where there is no URL, and says so', async () => {
    const said: string[] = [];
    expect(await connectCache(undefined, (line) => void said.push(line))).toBeUndefined();
    expect(said).toEqual(['cache: none, since REDIS_URL is not set']);
  });

  it('says when the cache is away, and goes on', async () => {
    const said: string[] = [];
    await using connection = await connectCache('redis://user:s3cret@127.0.0.1:1', (line) => void said.push(line));
    expect(connection).toBeDefined();
    expect(said).toEqual([expect.stringMatching(/^cache: Redis at .*127\.0\.0\.1:1.* is unavailable/)]);
    expect(said[0]).not.toContain('s3cret');
  });
});

describe('checkRedisUrl', () => {
  it('gives back what can be understood, and nothing else', () => {
    expect(checkRedisUrl('redis://a:1,b:2')).toBe('redis://a:1,b:2');
    expect(() => checkRedisUrl('http://s3cret')).toThrow(expect.objectContaining({ name: 'RedisUrlError' }));
  });
});

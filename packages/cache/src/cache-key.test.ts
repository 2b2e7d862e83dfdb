import { expect, it } from 'vitest';
import { cacheKey } from './cache-key.ts';

it('keeps all keys of one entity in one slot, and services apart', () => {
  expect(cacheKey({ service: 'users', entity: 'user' }, 'a1')).toBe('tandem:users:{user:a1}');
  expect(cacheKey({ service: 'posts', entity: 'user' }, 'a1')).toBe('tandem:posts:{user:a1}');
});

it.each(['', 'a}', '{a', '{}'])('refuses the id %j, which would move the hash tag', (id) => {
  expect(() => cacheKey({ service: 'users', entity: 'user' }, id)).toThrow(RangeError);
});

it.each([
  { service: '', entity: 'user' },
  { service: 'users', entity: 'a:b' },
  { service: 'Users', entity: 'user' },
])('refuses the namespace %j', (namespace) => {
  expect(() => cacheKey(namespace, '1')).toThrow(RangeError);
});

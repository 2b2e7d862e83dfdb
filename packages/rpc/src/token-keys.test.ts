import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TokenKeys } from './token-keys.ts';

const makeKeys = () => new TokenKeys(createSecretKey(Buffer.from('a secret')));

describe('the keys of tokens', () => {
  it('are changed for others, of another salt, after a million tokens', () => {
    const keys = makeKeys();
    const first = keys.next();
    let last = first;
    for (let n = 1; n < 2 ** 20; n += 1) last = keys.next();
    expect(last).toBe(first);
    const second = keys.next();
    expect(second.salt).not.toEqual(first.salt);
    expect(second.key.equals(first.key)).toBe(false);
  });

  it('are had again from the salt alone', () => {
    const { salt, key } = makeKeys().next();
    const keys = makeKeys();
    expect(keys.of(salt).equals(key)).toBe(true);
    keys.next();
    expect(keys.of(salt).equals(key)).toBe(true);
  });
});

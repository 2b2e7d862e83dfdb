import { describe, expect, it } from 'vitest';
import { limitTtl } from './session.ts';
import { hashSessionToken, makeSessionToken } from './session-token.ts';

describe('limitTtl', () => {
  it('is an hour where none is asked for, at least a second, and at most 30 days', () => {
    expect(limitTtl(undefined)).toBe(3_600_000_000n);
    expect(limitTtl(1_000_000n)).toBe(1_000_000n);
    expect(limitTtl(999_999n)).toBeUndefined();
    expect(limitTtl(-1n)).toBeUndefined();
    expect(limitTtl(2_592_000_000_000n)).toBe(2_592_000_000_000n);
    expect(limitTtl(2_592_000_000_001n)).toBe(2_592_000_000_000n);
  });
});

describe('a session token', () => {
  it('is 256 bits in base64url, and another each time', () => {
    const tokens = new Set(Array.from({ length: 100 }, makeSessionToken));
    expect(tokens.size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is known by a digest of its exact spelling', () => {
    const token = makeSessionToken();
    expect(hashSessionToken(token)).toHaveLength(32);
    expect(hashSessionToken(token)).toEqual(hashSessionToken(token));
    expect(hashSessionToken(`${token}=`)).not.toEqual(hashSessionToken(token));
  });
});

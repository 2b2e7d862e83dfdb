import { describe, expect, it } from 'vitest';
import { checkPassword, normalizePassword } from './password.ts';

describe('checkPassword', () => {
  it.each([
    ['', false],
    ['1234567', false],
    ['12345678', true],
    ['é'.repeat(4), true],
    ['é'.repeat(128), true],
    ['é'.repeat(129), false],
    ['x'.repeat(256), true],
    ['x'.repeat(257), false],
    ['with\u0000null', false],
  ])('takes 8 to 256 bytes without control characters: %j is %s', (password, fine) => {
    expect(checkPassword(password) === undefined).toBe(fine);
  });

  it('counts after composing', () => {
    expect(checkPassword(normalizePassword('e\u0301'.repeat(128)))).toBeUndefined();
    expect(checkPassword(normalizePassword('e\u0301'.repeat(3)))).toMatch(/8 to 256/);
  });
});

import { describe, expect, it } from 'vitest';
import { keySlot } from './key-slot.ts';

describe('keySlot', () => {
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['user1000', 3_443],
    ['{user1000}.following', 3_443],
    ['{user1000}.followers', 3_443],
    ['foo{{bar}}zap', 4_015],
    ['foo{bar}{zap}', 5_061],
  ])('puts %s where the specification does', (key, slot) => {
    expect(keySlot(key)).toBe(slot);
  });

  it('hashes the whole key when the first braces are empty', () => {
    expect(keySlot('foo{}{bar}')).not.toBe(keySlot('bar'));
    expect(keySlot('{}')).not.toBe(keySlot(''));
  });
});

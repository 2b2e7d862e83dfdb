import { describe, expect, it } from 'vitest';
import { fromMillis, toMillis, toMillisUp } from './time.ts';

describe('times to the millisecond', () => {
  it('cuts what is finer, toward the past', () => {
    expect(toMillis({ seconds: 1n, nanos: 999_999_999 })).toBe(1999);
    expect(toMillis({ seconds: -1n, nanos: 999_999_999 })).toBe(-1);
  });

  it('raises a bound to the next millisecond, and leaves exact ones', () => {
    expect(toMillisUp({ seconds: 0n, nanos: 1_000_001 })).toBe(2);
    expect(toMillisUp({ seconds: 0n, nanos: 1_000_000 })).toBe(1);
  });

  it.each([0, 1, -1, -62_135_596_800_000, 253_402_300_799_999])('comes back as it was: %s', (millis) => {
    expect(toMillis(fromMillis(millis))).toBe(millis);
  });
});

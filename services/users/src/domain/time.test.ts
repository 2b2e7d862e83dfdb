import { describe, expect, it } from 'vitest';
import { fromMicros, toMicros, toMicrosUp, toTimeText } from './time.ts';

describe('times to the microsecond', () => {
  it('cuts what is finer', () => {
    expect(toMicros({ seconds: 1n, nanos: 999_999_999 })).toBe(1_999_999n);
    expect(toMicros({ seconds: -1n, nanos: 999_999_999 })).toBe(-1n);
  });

  it('raises a bound to the next microsecond, and leaves exact ones', () => {
    expect(toMicrosUp({ seconds: 0n, nanos: 1001 })).toBe(2n);
    expect(toMicrosUp({ seconds: 0n, nanos: 1000 })).toBe(1n);
  });

  it.each([0n, 1n, -1n, -62_135_596_800_000_000n, 253_402_300_799_999_999n])('comes back as it was: %s', (micros) => {
    expect(toMicros(fromMicros(micros))).toBe(micros);
  });

  it('is written out exactly', () => {
    expect(toTimeText(-1n)).toBe('1969-12-31 23:59:59.999999+00');
    expect(toTimeText(-62_135_596_800_000_000n)).toBe('0001-01-01 00:00:00.000000+00');
    expect(toTimeText(253_402_300_800_000_000n)).toBe('10000-01-01 00:00:00.000000+00');
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareCodePoints } from './compare-code-points.ts';
import { anyText } from './unicode-arbitraries.ts';

it('puts astral characters after all others, where UTF-16 units would not', () => {
  expect('\u{1f600}' < '\uff5e').toBe(true);
  expect(compareCodePoints('\u{1f600}', '\uff5e')).toBeGreaterThan(0);
  expect(compareCodePoints('\ud7ff', '\ue000')).toBeLessThan(0);
  expect(compareCodePoints('\u{10000}', '\u{10ffff}')).toBeLessThan(0);
});

it('puts the start of a text before the text, and equal texts level', () => {
  expect(compareCodePoints('ab', 'abc')).toBeLessThan(0);
  expect(compareCodePoints('', '')).toBe(0);
});

it('orders as the bytes of UTF-8 do, which is how the databases compare', () => {
  fc.assert(
    fc.property(anyText, anyText, anyText, (start, a, b) => {
      const [left, right] = [start + a, start + b];
      expect(Math.sign(compareCodePoints(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
    }),
    { numRuns: 2_000 },
  );
});

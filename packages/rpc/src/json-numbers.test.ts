import { describe, expect, it } from 'vitest';
import { hasUnsafeInteger, quoteUnsafeIntegers } from './json-numbers.ts';

describe('quoteUnsafeIntegers', () => {
  it('quotes integers of 16 digits and more, with their sign', () => {
    const text = '{"a":9007199254740993,"b":[-9223372036854775808, 1234567890123456],"c":5}';
    expect(quoteUnsafeIntegers(text)).toBe(
      '{"a":"9007199254740993","b":["-9223372036854775808", "1234567890123456"],"c":5}',
    );
  });

  it('leaves strings alone, whatever they hold', () => {
    const text = String.raw`{"9007199254740993":"x 9007199254740993","b":"\"9007199254740993\\"}`;
    expect(quoteUnsafeIntegers(text)).toBe(text);
  });

  it('leaves fractions, exponents and shorter numbers alone', () => {
    const text = '[1.9007199254740993,9007199254740993.5,1234567890123456e2,123456789012345]';
    expect(quoteUnsafeIntegers(text)).toBe(text);
  });

  it('ends on text that is no JSON', () => {
    expect(quoteUnsafeIntegers('"9007199254740993')).toBe('"9007199254740993');
    expect(quoteUnsafeIntegers('9007199254740993"\\')).toBe('"9007199254740993""\\');
  });

  it('writes small numbers of the same sign instead, when asked', () => {
    expect(quoteUnsafeIntegers('[9007199254740993,-9007199254740993]', 'shrunk')).toBe('[9,-9]');
  });
});

describe('hasUnsafeInteger', () => {
  it('sees a run of 16 digits', () => {
    expect(hasUnsafeInteger('{"a":1234567890123456}')).toBe(true);
    expect(hasUnsafeInteger('{"a":123456789012345}')).toBe(false);
  });
});

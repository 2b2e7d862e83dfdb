import { fold } from '@tandem/text';
import { describe, expect, it } from 'vitest';
import { checkName, foldName } from './names.ts';

describe('foldName', () => {
  it('is the folding of both services', () => {
    expect(foldName('Łukasz ÉMILE ß')).toBe(fold('Łukasz ÉMILE ß'));
  });

  it('keeps four-byte names of 200 characters whole', () => {
    const name = '😀'.repeat(200);
    expect(foldName(name)).toBe(name);
  });

  it('cuts what folding grows beyond an index entry, between two characters', () => {
    const folded = foldName('\ufdfa'.repeat(200));
    expect(Buffer.byteLength(folded)).toBeLessThanOrEqual(2400);
    expect(Buffer.byteLength(folded)).toBeGreaterThan(2390);
    expect(fold('\ufdfa'.repeat(200)).startsWith(folded)).toBe(true);
    expect(folded.isWellFormed()).toBe(true);
  });
});

describe('checkName', () => {
  it('wants something to see', () => {
    expect(checkName('\u200b \u00a0')).toMatch(/visible/);
    expect(checkName('a')).toBeUndefined();
  });
});

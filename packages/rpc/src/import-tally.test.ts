import { describe, expect, it } from 'vitest';
import { ImportTally, type RowRefusal } from './import-tally.ts';

const refusal: RowRefusal = { reason: 'ID_TAKEN', message: 'taken' };

describe('ImportTally', () => {
  it('numbers rows from 0 over all that is added', () => {
    const tally = new ImportTally();
    for (const outcome of ['imported', refusal, 'skipped', 'updated', refusal] as const) tally.add(outcome);
    expect(tally).toMatchObject({ imported: 1n, skipped: 1n, updated: 1n, failed: 2n });
    expect(tally.failures.map(({ row }) => row)).toEqual([1n, 4n]);
  });

  it('counts all failures and keeps the first 1000', () => {
    const tally = new ImportTally();
    for (let row = 0; row < 1_500; row += 1) tally.add(refusal);
    expect(tally.failed).toBe(1_500n);
    expect(tally.failures).toHaveLength(1_000);
    expect(tally.failures.at(-1)?.row).toBe(999n);
  });
});

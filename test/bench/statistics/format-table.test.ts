import { describe, expect, it } from 'vitest';
import { formatTable } from './format-table.ts';

describe('formatTable', () => {
  it('lines cells up under their titles, numbers to the right', () => {
    const table = formatTable(
      [{ title: 'workload' }, { title: 'ours/s', align: 'right' }, { title: 'of limit' }],
      [
        ['echo', '12,345', '0.93'],
        ['GetUser cold', '987', ''],
      ],
    );
    expect(table.split('\n')).toEqual([
      'workload      ours/s  of limit',
      '────────────  ──────  ────────',
      'echo          12,345  0.93',
      'GetUser cold     987',
    ]);
  });
});

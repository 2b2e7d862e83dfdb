import { describe, expect, it } from 'vitest';
import { noTotals } from './import-rows.ts';
import { formatBadRows, formatSummary } from './summary.ts';

const bad = (count: number) =>
  Array.from({ length: count }, (_, row) => ({ line: row + 1, row, reason: 'FIELD_INVALID', message: `row ${row}` }));

describe('the summary', () => {
  it('counts and gives rows per second', () => {
    const totals = { ...noTotals, rows: 12_000, imported: 11_998, refused: 2 };
    expect(formatSummary({ kind: 'posts', totals, elapsedMs: 4_000 })).toBe(
      'posts: 12,000 rows: 11,998 imported, 0 updated, 0 skipped, 2 refused (4.0 s, 3,000 rows/s)',
    );
  });

  it('shows the first 20 refused rows and how many there are', () => {
    const table = formatBadRows(bad(20), { all: 45, failuresPath: 'bad.ndjson' }).split('\n');
    expect(table[0]).toBe('Refused rows (all of them are in bad.ndjson):');
    expect(table[2]).toBe('     1  FIELD_INVALID  row 0');
    expect(table).toHaveLength(23);
    expect(table.at(-1)).toBe('  … and 25 more');
  });

  it('lets no control character of a file reach the terminal', () => {
    const row = { line: 1, row: 0, reason: 'REQUEST_UNREADABLE', message: 'a\u001b[31mred\r\nb' };
    const options = { all: 1, failuresPath: undefined };
    expect(formatBadRows([row], options)).toContain('a·[31mred··b');
    expect(formatBadRows([], options)).toBe('');
  });
});

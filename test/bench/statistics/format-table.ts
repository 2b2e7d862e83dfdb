export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default: left. */
  readonly align?: 'left' | 'right';
}

/** Columns as wide as their widest cell, two spaces between, a line under the titles. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) => Math.max(...[titles, ...rows].map((row) => row[index]?.length ?? 0)));
  const formatRow = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(cells[index] ?? '', { width: widths[index] ?? 0, align }))
      .join('  ')
      .trimEnd();
  return [formatRow(titles), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(formatRow)].join('\n');
}

function pad(text: string, { width, align }: { width: number; align: Column['align'] }): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}

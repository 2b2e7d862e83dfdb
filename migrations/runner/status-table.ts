import type { MigrationStatus } from '../migration.ts';

export interface DatabaseStatus {
  readonly database: string;
  readonly status: MigrationStatus;
}

const header = ['database', 'migration', 'state'] as const;

/** The statuses as an aligned table, one migration a line, and what to do about pending ones. */
export function formatStatusTable(statuses: readonly DatabaseStatus[]): string {
  const rows = [header, ...statuses.flatMap(rowsOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const pending = statuses.reduce((sum, { status }) => sum + status.pending.length, 0);
  const advice = pending === 0 ? 'nothing pending' : `${pending} pending: npm run migrate -- up`;
  return [...lines, '', advice].join('\n');
}

function rowsOf({ database, status }: DatabaseStatus): string[][] {
  const rows = [
    ...status.applied.map((name) => [database, name, 'applied']),
    ...status.unknown.map((name) => [database, name, 'applied by another release']),
    ...status.pending.map((name) => [database, name, 'pending']),
  ];
  return rows.length > 0 ? rows : [[database, '-', 'no migrations']];
}

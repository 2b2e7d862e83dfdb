import { sqlStateOf } from './postgres-errors.ts';

/** Why PostgreSQL could not be connected to, in one line that says what to do and holds no credentials. */
export function explainConnectFailure(error: unknown, url: string): string {
  const { host, pathname } = new URL(url);
  const database = pathname.slice(1);
  switch (sqlStateOf(error)) {
    case undefined:
      return `no PostgreSQL answers at ${host} (${describeNetworkFailure(error)}); start it or correct the URL.`;
    case '42704':
      return `the PostgreSQL at ${host} is too old; version 17 or later is needed.`;
    case '3D000':
      return `the PostgreSQL at ${host} has no database "${database}"; create it or correct the URL.`;
    case '28P01':
    case '28000':
      return `the PostgreSQL at ${host} refuses these credentials; correct user or password in the URL.`;
    default:
      return `the PostgreSQL at ${host} refuses connections (SQLSTATE ${sqlStateOf(error)}); see its log.`;
  }
}

function describeNetworkFailure(error: unknown): string {
  if (error instanceof AggregateError) return describeNetworkFailure(error.errors[0]);
  if (error instanceof Error && 'reason' in error) return 'it is read-only';
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'timed out';
}

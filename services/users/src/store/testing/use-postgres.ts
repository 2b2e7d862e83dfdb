import pg from 'pg';
import { afterAll } from 'vitest';
import { PostgresPool } from '../postgres-pool.ts';

/** A pool for this file, closed after it. */
export function usePool(
  url: string,
  { size = 2, overflow = 2 }: { size?: number; overflow?: number } = {},
): PostgresPool {
  const pool = new PostgresPool({ url, size, overflow });
  afterAll(() => pool[Symbol.asyncDispose]());
  return pool;
}

/** Runs a statement on a connection of its own, past every pool and proxy. */
export async function queryDirectly<Row extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** The same database through another port. */
export function throughPort(url: string, port: number): string {
  const other = new URL(url);
  other.port = String(port);
  return other.href;
}

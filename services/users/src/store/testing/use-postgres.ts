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

/** The same database through another port. */
export function throughPort(url: string, port: number): string {
  const other = new URL(url);
  other.port = String(port);
  return other.href;
}

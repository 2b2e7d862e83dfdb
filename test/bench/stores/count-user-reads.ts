import { useDatabase } from './use-database.ts';

const endConnections = `
  SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND application_name NOT LIKE '%-jobs'`;
const countScans = `
  SELECT (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::integer AS reads FROM pg_stat_user_tables WHERE relname = 'users'`;

/**
 * How often users have been read, by PostgreSQL's own statistics. Ends the servers' connections, which they open again when
 * they need them: a connection hands in what it counted when it ends, and else up to ten seconds late.
 */
export function countUserReads(url: string): Promise<number> {
  return useDatabase(url, async (client) => {
    await client.query(endConnections);
    const { rows } = await client.query<{ reads: number }>(countScans);
    return rows[0]?.reads ?? 0;
  });
}

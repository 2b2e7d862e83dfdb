import { randomUUID } from 'node:crypto';
import { queryDatabase } from '../../../../../test/support/query-database.ts';

/** Opens a session past the service: no login is needed for it. */
export async function openSession(url: string, userId: string): Promise<void> {
  const sql = `INSERT INTO sessions (id, user_id, token_hash, expire_time)
    VALUES ($1, $2, sha256($3), now() + interval '1 hour')`;
  const id = randomUUID();
  await queryDatabase(url, sql, [id, userId, id]);
}

/** How many of a user's sessions were not ended. */
export async function countSessions(url: string, userId: string): Promise<number> {
  const sql = 'SELECT 1 FROM sessions WHERE user_id = $1 AND revoke_time IS NULL';
  return (await queryDatabase(url, sql, [userId])).length;
}

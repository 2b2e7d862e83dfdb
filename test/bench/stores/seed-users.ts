import { useDatabase } from './use-database.ts';
import { nameUserInSql } from './user-id.ts';

/** The domain of users that windows make; none of the seeded has it. */
const WINDOW_DOMAIN = 'window.example';

/**
 * Makes users 1 to `users` in one statement, rich enough for any number of transfers of one point, and leaves the table as
 * after a quiet night: vacuumed and analysed.
 */
export async function seedUsers({ url, users }: { url: string; users: number }): Promise<void> {
  await useDatabase(url, async (client) => {
    await client.query(
      `INSERT INTO users (id, email, name, name_folded, points)
       SELECT ${nameUserInSql('number')}, 'user' || number || '@example.com', 'User ' || number, 'user ' || number,
              1000000 + number % 1000
       FROM generate_series(1, $1::bigint) AS number`,
      [users],
    );
    await client.query('VACUUM ANALYZE users');
  });
}

/** The e-mail of a user that a window makes. */
export function nameWindowEmail(number: number): string {
  return `user${number}@${WINDOW_DOMAIN}`;
}

/** Removes the users that windows made: each begins with the same table. */
export async function removeWindowUsers(url: string): Promise<void> {
  await useDatabase(url, async (client) => {
    const { rowCount } = await client.query('DELETE FROM users WHERE email LIKE $1', [`%@${WINDOW_DOMAIN}`]);
    if (rowCount !== 0) await client.query('VACUUM users');
  });
}

/** Refuses a window after which not exactly so many users are there that it made. */
export async function checkWindowUsers(url: string, expected: number): Promise<void> {
  const made = await useDatabase(url, async (client) => {
    const sql = 'SELECT count(*)::integer AS made FROM users WHERE email LIKE $1';
    return (await client.query<{ made: number }>(sql, [`%@${WINDOW_DOMAIN}`])).rows[0]?.made;
  });
  if (made !== expected) throw new Error(`${expected} users were answered, and ${made} are in the database.`);
}

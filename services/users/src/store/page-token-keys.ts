import { randomBytes } from 'node:crypto';
import type { PostgresPool } from './postgres-pool.ts';

const secretName = 'page_token_key';
const keyBytes = 32;
const startTimeoutMs = 5_000;
const insertSecret = {
  name: 'secret_insert',
  sql: 'INSERT INTO service_secrets (name, secret) VALUES (?, ?) ON CONFLICT DO NOTHING',
};
const findSecret = { name: 'secret_find', sql: 'SELECT secret FROM service_secrets WHERE name = ?' };

/** The key of page tokens that all replicas share: made by whoever starts first, read by all. 32 bytes. */
export async function readPageTokenKey(pool: PostgresPool): Promise<Uint8Array> {
  return await pool.lease({ deadline: Date.now() + startTimeoutMs }, async (session) => {
    await session.rows(insertSecret, [secretName, randomBytes(keyBytes)]);
    const [row] = await session.rows<{ secret: Buffer }>(findSecret, [secretName]);
    if (row === undefined) throw new Error('The users database lost the key of page tokens that it was just given.');
    return row.secret;
  });
}

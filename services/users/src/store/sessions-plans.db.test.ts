import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { insertUser, makeCall } from './testing/store-calls.ts';
import { queryDirectly, usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
// One connection, so that what it has prepared can be asked for its plan.
const pool = usePool(url, { size: 1, overflow: 0 });
const store = createPostgresUserStore(pool);
const user = await insertUser(store, { passwordHash: 'hash' });
const after = { createTime: '2100-01-01 00:00:00.000000+00', id: randomUUID() };

async function explain(statement: string): Promise<string> {
  const rows = await pool.lease(makeCall(), (session) =>
    session.rows<Record<string, string>>({ name: 'explain', sql: `EXPLAIN EXECUTE ${statement}`, prepared: false }, []),
  );
  return rows.flatMap(Object.values).join('\n');
}

describe('among 100,000 sessions', () => {
  // Prepared while the table is empty, as in a service that is started with its database.
  beforeAll(async () => {
    const { reader } = store.sessions;
    const transact = <T extends object>(work: Parameters<typeof store.transaction<T>>[1]) =>
      store.transaction(makeCall(), work);
    for (let count = 0; count < 6; count += 1) {
      for (const activeOnly of [true, false]) {
        const filter = { userId: user.id, activeOnly };
        await reader.list({ filter, after: undefined, limit: 50 }, makeCall());
        await reader.list({ filter, after, limit: 50 }, makeCall());
      }
      await reader.findOpen(new Uint8Array(32), makeCall());
      await transact(async (tx) => ({ ended: await tx.sessions.endAll(user.id) }));
      await transact(async (tx) => ({ ended: await tx.sessions.end({ tokenHash: new Uint8Array(32) }) }));
    }
    await queryDirectly(
      url,
      `INSERT INTO sessions (id, user_id, token_hash, create_time, expire_time)
       SELECT gen_random_uuid(), $1, sha256(n::text::bytea), now() + n * interval '1 microsecond', now() + interval '1 day'
       FROM generate_series(1, 100000) AS n`,
      [user.id],
    );
  });

  it.each([
    [`sessions_page('${user.id}', 51)`, 'sessions_by_user'],
    [`sessions_page_after('${user.id}', '${after.createTime}', '${after.id}', 51)`, 'sessions_by_user'],
    [`sessions_page_active('${user.id}', 51)`, 'sessions_by_user_unrevoked'],
    [
      `sessions_page_active_after('${user.id}', '${after.createTime}', '${after.id}', 51)`,
      'sessions_by_user_unrevoked',
    ],
    [String.raw`sessions_by_tokens('{"\\x00"}')`, 'sessions_token_hash_unique'],
    [String.raw`sessions_end_by_token('\x00')`, 'sessions_token_hash_unique'],
    [`sessions_end_of_users('{${user.id}}', '{${user.id}}', NULL)`, 'sessions_by_user_unrevoked'],
  ])('%s goes by its index, without a sort', async (statement, index) => {
    const plan = await explain(statement);
    expect(plan).toMatch(new RegExp(`\\b${index}\\b`));
    expect(plan).not.toMatch(/Seq Scan|Sort/);
  });
});

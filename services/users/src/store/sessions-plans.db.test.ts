import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { Lease, type Statement } from './postgres-lease.ts';
import { createPostgresSessionReader } from './postgres-session-reader.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import type { ReadSource } from './replica-reads.ts';
import { insertUser } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const after = { createTime: '2100-01-01 00:00:00.000000+00', id: randomUUID() };

describe.each([
  ['all of one user', { users: 1, each: 100_000 }],
  ['50 of each of 2,000 users', { users: 2_000, each: 50 }],
])('among 100,000 sessions, %s,', async (_, { users, each }) => {
  const url = await useUsersDatabase();
  // One connection, so that what it has prepared can be asked for its plan.
  const pool = usePool(url, { size: 1, overflow: 0 });
  const store = createPostgresUserStore(pool);
  const user = await insertUser(store, { passwordHash: 'hash' });

  const endOfUsers = `sessions_end_of_users('{${user.id}}', '{${user.id}}', NULL, '{${user.id}}', NULL)`;

  async function explainPrepared(statement: string): Promise<string> {
    const explain = { name: 'explain', sql: `EXPLAIN EXECUTE ${statement}`, prepared: false };
    const rows = await pool.lease(makeCall(), (session) => session.rows<Record<string, string>>(explain, []));
    return rows.flatMap(Object.values).join('\n');
  }

  /** The plan of the page that is read so. */
  async function explainPage(activeOnly: boolean, beyond?: typeof after): Promise<string> {
    let plan = '';
    const source: ReadSource = {
      lease: (bounds, work) =>
        pool.lease(bounds, (session) =>
          work(
            Object.assign(session, {
              async rows<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
                const explain = { ...statement, sql: `EXPLAIN ${statement.sql}` };
                const rows = await Lease.prototype.rows.call(session, explain, values);
                plan = rows.flatMap((row) => Object.values(row as object)).join('\n');
                return [];
              },
            }),
          ),
        ),
    };
    const filter = { userId: user.id, activeOnly };
    await createPostgresSessionReader(source).list({ filter, after: beyond, limit: 50 }, makeCall());
    return plan;
  }

  // Prepared while the table is empty, as in a service that is started with its database.
  beforeAll(async () => {
    const transact = <T extends object>(work: Parameters<typeof store.transaction<T>>[1]) =>
      store.transaction(makeCall(), work);
    for (let count = 0; count < 6; count += 1) {
      await store.sessions.reader.findOpen(new Uint8Array(32), makeCall());
      await transact(async (tx) => ({ ended: await tx.sessions.endAll(user.id) }));
      await transact(async (tx) => ({ ended: await tx.sessions.end({ tokenHash: new Uint8Array(32) }) }));
    }
    await queryDatabase(
      url,
      `WITH others AS (
         INSERT INTO users (id, email, name, name_folded)
         SELECT gen_random_uuid(), n || '@plans.example', 'Ada', 'ada' FROM generate_series(2, $1::integer) AS n
         RETURNING id),
       everybody AS (SELECT id FROM others UNION ALL SELECT $2::uuid)
       INSERT INTO sessions (id, user_id, token_hash, create_time, expire_time)
       SELECT gen_random_uuid(), everybody.id, sha256((everybody.id || n::text)::bytea),
         now() + n * interval '1 microsecond', now() + interval '1 day'
       FROM generate_series(1, $3::integer) AS n CROSS JOIN everybody`,
      [users, user.id, each],
    );
  });

  describe.each(['before', 'after'])('%s its statistics are taken', (when) => {
    beforeAll(async () => {
      if (when === 'after') await queryDatabase(url, 'ANALYZE users, sessions');
    });

    // Until then the planner takes nearly all sessions for ended ones: it may sort those of one user.
    const forbidden = when === 'after' ? /Seq Scan|Sort/ : /Seq Scan/;

    it.each([
      ['the first page', false, undefined, 'sessions_by_user'],
      ['a later page', false, after, 'sessions_by_user'],
      ['the first page of those that stand', true, undefined, 'sessions_by_user_unrevoked'],
      ['a later page of those that stand', true, after, 'sessions_by_user_unrevoked'],
    ] as const)('%s goes by its index', async (_page, activeOnly, beyond, index) => {
      const plan = await explainPage(activeOnly, beyond);
      expect(plan).toMatch(new RegExp(`\\b${index}\\b`));
      expect(plan).not.toMatch(forbidden);
    });

    it.each([
      [String.raw`sessions_by_tokens('{"\\x00"}')`, 'sessions_token_hash_unique'],
      [String.raw`sessions_end_by_token('\x00', '\x00')`, 'sessions_token_hash_unique'],
      [endOfUsers, 'sessions_by_user_unrevoked'],
      [endOfUsers, 'sessions_by_user_revoked'],
    ])('%s goes by its index', async (statement, index) => {
      const plan = await explainPrepared(statement);
      expect(plan).toMatch(new RegExp(`\\b${index}\\b`));
      expect(plan).not.toMatch(/Seq Scan|Sort/);
    });
  });
});

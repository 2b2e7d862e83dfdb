import DataLoader from 'dataloader';
import type { User, UserFilter } from '../domain/user.ts';
import type { Statement } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import type { StoreCall, UserPageQuery, UserReader } from './store.ts';
import { applyUserFilter, buildUserPage, type PageRow, toUserPage } from './user-page.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';
import { watchCalls } from './watch-calls.ts';

const selectByIds = {
  name: 'users_by_ids',
  sql: `SELECT ${userColumns} FROM users WHERE id = ANY(?::uuid[])`,
};
const selectByEmails = {
  name: 'users_by_emails',
  sql: `SELECT ${userColumns} FROM users WHERE email_lower = ANY(?::text[])`,
};
const maxBatchSize = 128;

/** Reads over the pool. Point reads of one tick of the event loop share a statement: load makes them cheaper. */
export function createPostgresUserReader(pool: PostgresPool): UserReader {
  const byId = createTickReader(pool, { statement: selectByIds, keyOf: (user) => user.id });
  const byEmail = createTickReader(pool, { statement: selectByEmails, keyOf: (user) => user.email.toLowerCase() });
  return {
    get: (id, call) => byId.load({ key: id, call }),
    getByEmail: (email, call) => byEmail.load({ key: email.toLowerCase(), call }),
    getMany: (ids, call) => readMany(pool, ids, call),
    list: (query, call) => readPage(pool, query, call),
    count: (filter, call) => countUsers(pool, filter, call),
  };
}

interface PointRead {
  readonly key: string;
  readonly call: StoreCall;
}

interface TickReaderOptions {
  readonly statement: Statement;
  readonly keyOf: (user: User) => string;
}

/** Nothing is kept: who asks in a later tick may know of a write that this tick's statement does not see. */
function createTickReader(pool: PostgresPool, { statement, keyOf }: TickReaderOptions) {
  return new DataLoader<PointRead, User | undefined>(
    async (reads) => {
      const calls = reads.map((read) => read.call);
      const keys = reads.map((read) => read.key);
      using watch = watchCalls(calls);
      const bounds = { deadline: Math.max(...calls.map((call) => call.deadline)), signal: watch.signal };
      const rows = await pool.lease(bounds, (session) => session.rows<UserRow>(statement, [keys]));
      const users = new Map(rows.map(toUser).map((user) => [keyOf(user), user]));
      return reads.map((read) => users.get(read.key));
    },
    { cache: false, maxBatchSize, batchScheduleFn: (dispatch) => setImmediate(dispatch) },
  );
}

async function readMany(pool: PostgresPool, ids: readonly string[], call: StoreCall): Promise<Map<string, User>> {
  const rows = await pool.lease(call, (session) => session.rows<UserRow>(selectByIds, [ids]));
  return new Map(rows.map(toUser).map((user) => [user.id, user]));
}

async function readPage(pool: PostgresPool, query: UserPageQuery, call: StoreCall) {
  const rows = await pool.lease(call, (session) =>
    session.run<PageRow[]>('users_page', buildUserPage(session.knex, query)),
  );
  return toUserPage(rows, query);
}

async function countUsers(pool: PostgresPool, filter: UserFilter, call: StoreCall): Promise<bigint> {
  const rows = await pool.lease(call, (session) => {
    const query = session.knex('users').select<{ count: string }[]>(session.knex.raw('count(*)::text AS count'));
    applyUserFilter(query, filter);
    return session.run<{ count: string }[]>('users_count', query);
  });
  return BigInt(rows[0]?.count ?? 0);
}

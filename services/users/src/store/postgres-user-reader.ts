import type { User, UserFilter } from '../domain/user.ts';
import type { UserStats } from '../domain/user-stats.ts';
import type { Session, Statement } from './postgres-lease.ts';
import { countFound, searchUsers } from './postgres-user-search.ts';
import type { ReadSource } from './replica-reads.ts';
import type { StoreCall, StoredPassword, UserChunkQuery, UserPageQuery, UserReader, UserStatsQuery } from './store.ts';
import { createTickReader } from './tick-reader.ts';
import { applyUserFilter, buildUserChunk, buildUserPage, type PageRow, toUserPage } from './user-page.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';
import { buildUserStats, type StatsRow, toUserStats } from './user-stats.ts';

const selectByIds = {
  name: 'users_by_ids',
  sql: `SELECT ${userColumns} FROM users WHERE id = ANY(?::uuid[])`,
};
const selectByEmails = {
  name: 'users_by_emails',
  sql: `SELECT ${userColumns} FROM users WHERE email_lower = ANY(?::text[])`,
};
const selectPassword = { name: 'users_password', sql: 'SELECT password_hash AS hash FROM users WHERE id = ?' };

/** Reads over a source of connections. */
export function createPostgresUserReader(source: ReadSource): UserReader {
  const byId = createTickReader(
    source,
    readBy(selectByIds, (user) => user.id),
  );
  const byEmail = createTickReader(
    source,
    readBy(selectByEmails, (user) => user.email.toLowerCase()),
  );
  return {
    get: (id, call) => byId.load({ key: id, call }),
    getByEmail: (email, call) => byEmail.load({ key: email.toLowerCase(), call }),
    getMany: (ids, call) => readMany(source, ids, call),
    list: (query, call) => readPage(source, query, call),
    count: (filter, call) => countUsers(source, filter, call),
    stats: (query, call) => readStats(source, query, call),
    getPassword: (id, call) => readPassword(source, id, call),
    search: (query, call) => searchUsers(source, query, call),
    countFound: (subject, call) => countFound(source, subject, call),
    readChunk: (query, call) => readChunk(source, query, call),
  };
}

/** The users that a statement finds for keys. */
function readBy(statement: Statement, keyOf: (user: User) => string) {
  return async (session: Session, keys: readonly string[]): Promise<Map<string, User>> => {
    const rows = await session.rows<UserRow>(statement, [keys]);
    return new Map(rows.map(toUser).map((user) => [keyOf(user), user]));
  };
}

async function readMany(source: ReadSource, ids: readonly string[], call: StoreCall): Promise<Map<string, User>> {
  const rows = await source.lease(call, (session) => session.rows<UserRow>(selectByIds, [ids]));
  return new Map(rows.map(toUser).map((user) => [user.id, user]));
}

async function readPage(source: ReadSource, query: UserPageQuery, call: StoreCall) {
  const rows = await source.lease(call, (session) =>
    session.run<PageRow[]>('users_page', buildUserPage(session.knex, query)),
  );
  return toUserPage(rows, query);
}

async function readChunk(source: ReadSource, query: UserChunkQuery, call: StoreCall): Promise<User[]> {
  const rows = await source.lease(call, (session) =>
    session.run<UserRow[]>('users_chunk', buildUserChunk(session.knex, query)),
  );
  return rows.map(toUser);
}

async function countUsers(source: ReadSource, filter: UserFilter, call: StoreCall): Promise<bigint> {
  const rows = await source.lease(call, (session) => {
    const query = session.knex('users').select<{ count: string }[]>(session.knex.raw('count(*)::text AS count'));
    applyUserFilter(query, filter);
    return session.run<{ count: string }[]>('users_count', query);
  });
  return BigInt(rows[0]?.count ?? 0);
}

async function readStats(source: ReadSource, query: UserStatsQuery, call: StoreCall): Promise<UserStats> {
  const [row] = await source.lease(call, (session) =>
    session.run<StatsRow[]>('users_stats', buildUserStats(session.knex, query)),
  );
  if (row === undefined) throw new Error('Figures without a row.');
  return toUserStats(row, query.bucket);
}

async function readPassword(source: ReadSource, id: string, call: StoreCall): Promise<StoredPassword | undefined> {
  const [row] = await source.lease(call, (session) => session.rows<StoredPassword>(selectPassword, [id]));
  return row;
}

import type { LoginAccount, OpenSession, SessionFilter } from '../domain/session.ts';
import { toTimeText } from '../domain/time.ts';
import type { Session } from './postgres-lease.ts';
import type { ReadSource } from './replica-reads.ts';
import { type SessionRow, sessionColumns, toOpenSession, toSession } from './session-row.ts';
import type { SessionPage, SessionPageQuery, SessionReader } from './session-store.ts';
import type { StoreCall } from './store.ts';
import { createTickReader } from './tick-reader.ts';
import { type UserRow, userColumns } from './user-row.ts';

const [firstId, lastId] = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
const stands = 'sessions.revoke_time IS NULL AND sessions.expire_time > clock_timestamp()';

/** Whether it stands is no condition: the index of those that were not ended would serve it, and be read from end to end. */
const selectByTokens = {
  name: 'sessions_by_tokens',
  sql: `
    SELECT encode(sessions.token_hash, 'hex') AS token_hash, ${stands} AND users.is_active AS is_open,
      ${sessionColumns}, ${userColumns}
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.token_hash = ANY(?::bytea[])`,
};
const selectAccount = {
  name: 'sessions_account',
  sql: `
    SELECT id::text AS "userId", is_active AS "isActive", password_hash AS "passwordHash",
      sessions_epoch::text AS "sessionsEpoch"
    FROM users WHERE email_lower = ?`,
};

/** Reads sessions over a source of connections. */
export function createPostgresSessionReader(source: ReadSource): SessionReader {
  const byToken = createTickReader<OpenSession>(source, readOpen);
  return {
    findOpen: (tokenHash, call) => byToken.load({ key: Buffer.from(tokenHash).toString('hex'), call }),
    findAccount: (email, call) => findAccount(source, email, call),
    list: (query, call) => readPage(source, query, call),
    count: (filter, call) => countSessions(source, filter, call),
  };
}

async function readOpen(session: Session, hashes: readonly string[]): Promise<Map<string, OpenSession>> {
  type Row = SessionRow & UserRow & { readonly token_hash: string; readonly is_open: boolean };
  const rows = await session.rows<Row>(selectByTokens, [hashes.map((hash) => Buffer.from(hash, 'hex'))]);
  return new Map(rows.filter((row) => row.is_open).map((row) => [row.token_hash, toOpenSession(row)]));
}

async function findAccount(source: ReadSource, email: string, call: StoreCall): Promise<LoginAccount | undefined> {
  const [account] = await source.lease(call, (session) =>
    session.rows<LoginAccount>(selectAccount, [email.toLowerCase()]),
  );
  return account;
}

/** One session more than the page has, to see whether there is a next one. */
async function readPage(source: ReadSource, query: SessionPageQuery, call: StoreCall): Promise<SessionPage> {
  const { filter, after, limit } = query;
  const { createTime, id } = after ?? { createTime: 'infinity', id: lastId };
  const values = [filter.userId, createTime, id, filter.userId, limit + 1];
  const rows = await source.lease(call, (session) =>
    session.rows<SessionRow>(pageStatement(filter.activeOnly), values),
  );
  const sessions = rows.slice(0, limit).map(toSession);
  const last = sessions.at(-1);
  const next =
    rows.length > limit && last !== undefined ? { createTime: toTimeText(last.createTime), id: last.id } : undefined;
  return { sessions, next };
}

/**
 * Walks one index backward, from the place where the page before ended. The user is named by the bounds of that walk, and
 * not by an equality: of one user the planner would expect few sessions, and read and sort them all, however many there are.
 */
function pageStatement(activeOnly: boolean) {
  return {
    name: activeOnly ? 'sessions_page_active' : 'sessions_page',
    prepared: false,
    sql: `
      SELECT ${sessionColumns} FROM sessions
      WHERE (user_id, create_time, id) < (?::uuid, ?::timestamptz, ?::uuid)
        AND (user_id, create_time, id) >= (?::uuid, '-infinity', '${firstId}') ${activeOnly ? `AND ${stands}` : ''}
      ORDER BY sessions.user_id DESC, sessions.create_time DESC, sessions.id DESC LIMIT ?`,
  };
}

async function countSessions(
  source: ReadSource,
  { userId, activeOnly }: SessionFilter,
  call: StoreCall,
): Promise<bigint> {
  const statement = {
    name: activeOnly ? 'sessions_count_active' : 'sessions_count',
    sql: `SELECT count(*)::text AS count FROM sessions WHERE user_id = ? ${activeOnly ? `AND ${stands}` : ''}`,
  };
  const [row] = await source.lease(call, (session) => session.rows<{ count: string }>(statement, [userId]));
  return BigInt(row?.count ?? 0);
}

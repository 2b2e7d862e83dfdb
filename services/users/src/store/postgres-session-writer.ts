import type { NewSession, OpenSession, SessionKey } from '../domain/session.ts';
import type { Session } from './postgres-lease.ts';
import { type SessionRow, sessionColumns, toOpenSession } from './session-row.ts';
import type { EndedSessions, SessionWriter } from './session-store.ts';
import { type UserRow, userColumns } from './user-row.ts';

/**
 * FOR SHARE waits for whatever is about to end the user's sessions, and decides by what it left; the foreign key alone
 * would let the login slip past it.
 */
const openSession = {
  name: 'sessions_open',
  sql: `
    WITH login AS (
      SELECT ${userColumns}, clock_timestamp() AS at FROM users
      WHERE id = ? AND is_active AND password_hash = ? AND sessions_epoch = ?::bigint FOR SHARE),
    opened AS (
      INSERT INTO sessions (id, user_id, token_hash, create_time, expire_time, user_agent, ip)
      SELECT ?::uuid, login.id::uuid, ?::bytea, at, at + ?::bigint * interval '1 microsecond', ?::text, ?::text
      FROM login
      RETURNING *, pg_current_xact_id()::text AS xid)
    SELECT ${sessionColumns}, login.*, sessions.xid FROM opened AS sessions CROSS JOIN login`,
};

const renewHash = {
  name: 'sessions_renew_hash',
  sql: 'UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ? RETURNING pg_current_xact_id()::text AS xid',
};

/** Longer than any copy of a session outlives its end. */
export const copiesLiveFor = "interval '10 s'";

const endById = end('sessions_end_by_id', 'id = ?');
const endByToken = end('sessions_end_by_token', 'token_hash = ?');
const endOfUsers = end(
  'sessions_end_of_users',
  'user_id = ANY(?::uuid[]) AND id IS DISTINCT FROM ?::uuid',
  'raised AS (UPDATE users SET sessions_epoch = sessions_epoch + 1 WHERE id = ANY(?::uuid[])),',
);

function end(name: string, which: string, before = '') {
  return {
    name,
    sql: `
      WITH ${before} ended AS (
        UPDATE sessions SET revoke_time = clock_timestamp()
        WHERE ${which} AND revoke_time IS NULL AND expire_time > clock_timestamp()
        RETURNING token_hash, pg_current_xact_id()::text AS xid),
      copied AS (
        SELECT token_hash FROM ended UNION ALL
        SELECT token_hash FROM sessions WHERE ${which} AND revoke_time > clock_timestamp() - ${copiesLiveFor})
      SELECT (SELECT count(*)::integer FROM ended) AS count, (SELECT min(xid) FROM ended) AS xid,
        ARRAY(SELECT encode(token_hash, 'hex') FROM copied) AS hashes`,
  };
}

interface EndedRow {
  readonly count: number;
  readonly xid: string | null;
  readonly hashes: string[];
}

/** Writes sessions within the transaction that is open on `session`. */
export function createPostgresSessionWriter(session: Session): SessionWriter {
  return {
    open: (newSession) => open(session, newSession),
    end: (key) => endOne(session, key),
    endAll: (userId, { exceptId } = {}) => endSessionsOf(session, [userId], exceptId),
    renewPasswordHash: async (userId, { from, to }) => {
      const [renewed] = await session.rows<{ xid: string }>(renewHash, [to, userId, from]);
      if (renewed !== undefined) session.noteTransactionId(renewed.xid);
      return renewed !== undefined;
    },
  };
}

/** Ends the open sessions, and the logins under way, of users whose rows are locked by this transaction. */
export async function endSessionsOf(
  session: Session,
  userIds: readonly string[],
  exceptId: string | null = null,
): Promise<EndedSessions> {
  if (userIds.length === 0) return { count: 0, tokenHashes: [] };
  const which = [userIds, exceptId];
  return await runEnd(session, endOfUsers, [userIds, ...which, ...which]);
}

async function open(session: Session, opened: NewSession): Promise<OpenSession | undefined> {
  const { userId, verifiedHash, sessionsEpoch, id, tokenHash, ttlMicros, userAgent, ip } = opened;
  const values = [userId, verifiedHash, sessionsEpoch, id, tokenHash, String(ttlMicros), userAgent, ip];
  const [row] = await session.rows<SessionRow & UserRow & { readonly xid: string }>(openSession, values);
  if (row === undefined) return undefined;
  session.noteTransactionId(row.xid);
  return toOpenSession(row);
}

function endOne(session: Session, key: SessionKey): Promise<EndedSessions> {
  return 'id' in key
    ? runEnd(session, endById, [key.id, key.id])
    : runEnd(session, endByToken, [key.tokenHash, key.tokenHash]);
}

async function runEnd(
  session: Session,
  statement: ReturnType<typeof end>,
  values: readonly unknown[],
): Promise<EndedSessions> {
  const [ended] = await session.rows<EndedRow>(statement, values);
  if (ended?.xid) session.noteTransactionId(ended.xid);
  return { count: ended?.count ?? 0, tokenHashes: ended?.hashes ?? [] };
}

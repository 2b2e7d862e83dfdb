import type { OpenSession, Session } from '../domain/session.ts';
import { toUser, type UserRow } from './user-row.ts';

const micros = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;

/** What every read of sessions selects, under names that stand beside those of `userColumns`. */
export const sessionColumns = `
  sessions.id::text AS session_id, sessions.user_id::text AS session_user_id,
  ${micros('sessions.create_time')} AS session_create_micros,
  ${micros('sessions.expire_time')} AS session_expire_micros,
  ${micros('sessions.revoke_time')} AS session_revoke_micros,
  sessions.user_agent AS session_user_agent, sessions.ip AS session_ip`;

/** A row of `sessionColumns`; bigint columns come as text. */
export interface SessionRow {
  readonly session_id: string;
  readonly session_user_id: string;
  readonly session_create_micros: string;
  readonly session_expire_micros: string;
  readonly session_revoke_micros: string | null;
  readonly session_user_agent: string;
  readonly session_ip: string;
}

export function toSession(row: SessionRow): Session {
  return {
    id: row.session_id,
    userId: row.session_user_id,
    createTime: BigInt(row.session_create_micros),
    expireTime: BigInt(row.session_expire_micros),
    revokeTime: row.session_revoke_micros === null ? undefined : BigInt(row.session_revoke_micros),
    userAgent: row.session_user_agent,
    ip: row.session_ip,
  };
}

export function toOpenSession(row: SessionRow & UserRow): OpenSession {
  return { session: toSession(row), user: toUser(row) };
}

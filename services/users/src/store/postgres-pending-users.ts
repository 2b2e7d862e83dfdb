import type { User } from '../domain/user.ts';
import type { PendingUser, PendingUserWriter } from './pending-user-store.ts';
import type { Session } from './postgres-lease.ts';
import type { UserWriter } from './store.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';

/** What takes the e-mail and the id: see the migration `pending-users`. */
const moveAside = {
  name: 'pending_users_begin',
  sql: `
    WITH held AS (DELETE FROM users WHERE id = ? RETURNING id, email, name, name_folded, password_hash)
    INSERT INTO pending_users (id, email, name, name_folded, password_hash, post_id, request_id, caller, method)
    SELECT held.*, ?, ?, ?, ? FROM held`,
};
const findPending = {
  name: 'pending_users_find',
  sql: `
    SELECT id::text AS id, state, post_id::text AS post_id, request_id::text AS request_id, caller, method, reply
    FROM pending_users WHERE id = ?`,
};
const activate = {
  name: 'pending_users_activate',
  sql: `
    WITH activated AS (
      UPDATE pending_users SET state = 'activated' WHERE id = ? AND state = 'pending'
      RETURNING id, email, name, name_folded, password_hash)
    INSERT INTO users (id, email, name, name_folded, password_hash) SELECT * FROM activated
    RETURNING ${userColumns}, pg_current_xact_id()::text AS xid`,
};
const keepReply = {
  name: 'pending_users_keep_reply',
  sql: 'UPDATE pending_users SET reply = ?, password_hash = NULL WHERE id = ?',
};
const cancel = {
  name: 'pending_users_cancel',
  sql: `
    UPDATE pending_users SET state = 'cancelled', password_hash = NULL WHERE id = ? AND state = 'pending'
    RETURNING pg_current_xact_id()::text AS xid`,
};
const remove = { name: 'pending_users_remove', sql: `DELETE FROM pending_users WHERE id = ? AND state <> 'pending'` };

interface PendingRow {
  readonly id: string;
  readonly state: PendingUser['state'];
  readonly post_id: string;
  readonly request_id: string;
  readonly caller: string;
  readonly method: string;
  readonly reply: Buffer | null;
}

/** Writes within the transaction that is open on `session`. */
export function createPostgresPendingUsers(session: Session, users: Pick<UserWriter, 'insert'>): PendingUserWriter {
  return {
    async begin(user, { postId, answerTo: { requestId, caller, method } }) {
      await users.insert(user);
      await session.rows(moveAside, [user.id, postId, requestId, caller, method]);
    },
    async find(id) {
      const [row] = await session.rows<PendingRow>(findPending, [id]);
      return row && toPendingUser(row);
    },
    activate: (id) => activateOne(session, id),
    keepReply: async (id, reply) => void (await session.rows(keepReply, [reply, id])),
    async cancel(id) {
      const [row] = await session.rows<{ xid: string }>(cancel, [id]);
      if (row !== undefined) session.noteTransactionId(row.xid);
      return row !== undefined;
    },
    remove: async (id) => void (await session.rows(remove, [id])),
  };
}

async function activateOne(session: Session, id: string): Promise<User | undefined> {
  const [row] = await session.rows<UserRow & { readonly xid: string }>(activate, [id]);
  if (row === undefined) return undefined;
  session.noteTransactionId(row.xid);
  return toUser(row);
}

function toPendingUser({ id, state, post_id, request_id, caller, method, reply }: PendingRow): PendingUser {
  const answerTo = { requestId: request_id, caller, method };
  return { id, state, postId: post_id, answerTo, reply: reply ?? undefined };
}

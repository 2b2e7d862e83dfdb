import { TandemError } from '@tandem/rpc';
import { foldName } from '../domain/names.ts';
import type { NewUser, User } from '../domain/user.ts';
import { importRows } from './import-rows.ts';
import { violatesUnique } from './postgres-errors.ts';
import type { Session } from './postgres-lease.ts';
import type { UserWriter } from './store.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';

const insertUser = {
  name: 'users_insert',
  sql: `
    INSERT INTO users (id, email, name, name_folded, password_hash) VALUES (?, ?, ?, ?, ?)
    RETURNING ${userColumns}, pg_current_xact_id()::text AS xid`,
};
const findDeleted = { name: 'deleted_users_find', sql: 'SELECT 1 FROM deleted_users WHERE id = ?' };

/** Writes within the transaction that is open on `session`. */
export function createPostgresUserWriter(session: Session): UserWriter {
  return {
    insert: (user) => insertNewUser(session, user),
    importRows: (rows, onDuplicate, limits) => importRows(session, rows, onDuplicate, limits),
  };
}

async function insertNewUser(session: Session, user: NewUser): Promise<User> {
  const row = await insertRow(session, user);
  session.noteTransactionId(row.xid);
  // After the insert: a deletion of the same id that was under way has committed by now, and its trace is seen.
  if (user.idIsChosen && (await session.rows(findDeleted, [user.id])).length > 0) {
    throw new TandemError(
      'ID_TAKEN',
      "user_id is reserved or was a deleted user's, and is never given; choose another.",
    );
  }
  return toUser(row);
}

async function insertRow(session: Session, user: NewUser): Promise<UserRow & { readonly xid: string }> {
  try {
    const { id, email, name, passwordHash } = user;
    const values = [id, email, name, foldName(name), passwordHash];
    const [row] = await session.rows<UserRow & { xid: string }>(insertUser, values);
    if (row === undefined) throw new Error('An INSERT of a user returned no row.');
    return row;
  } catch (error) {
    if (violatesUnique(error, 'users_pkey')) {
      throw new TandemError('ID_TAKEN', "user_id is another user's; choose another, or leave it out.");
    }
    if (violatesUnique(error, 'users_email_unique')) {
      throw new TandemError('EMAIL_TAKEN', 'Another user has this e-mail address, ignoring case; choose another.');
    }
    throw error;
  }
}

import { TandemError } from '@tandem/rpc';
import { foldName } from '../domain/names.ts';
import { changeUser, type NewUser, type User, type UserChanges } from '../domain/user.ts';
import { importRows } from './import-rows.ts';
import { violatesUnique } from './postgres-errors.ts';
import type { Session } from './postgres-lease.ts';
import { copiesLiveFor } from './postgres-session-writer.ts';
import type { EndedSessions } from './session-store.ts';
import type { PasswordChange, UserWriter } from './store.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';

const insertUser = {
  name: 'users_insert',
  sql: `
    INSERT INTO users (id, email, name, name_folded, password_hash) VALUES (?, ?, ?, ?, ?)
    RETURNING ${userColumns}, pg_current_xact_id()::text AS xid`,
};
const insertMany = {
  name: 'users_insert_many',
  sql: `
    INSERT INTO users (id, email, name, name_folded, password_hash)
    SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[])
    ON CONFLICT DO NOTHING
    RETURNING ${userColumns}, pg_current_xact_id()::text AS xid`,
};
const takeDeletedBack = {
  name: 'users_take_deleted_back',
  sql: `
    DELETE FROM users USING deleted_users AS deleted
    WHERE users.id = deleted.id AND users.id = ANY(?::uuid[])
    RETURNING users.id::text AS id`,
};
const findDeleted = { name: 'deleted_users_find', sql: 'SELECT 1 FROM deleted_users WHERE id = ?' };

const lockUser = {
  name: 'users_lock',
  sql: `SELECT ${userColumns}, pg_current_xact_id()::text AS xid FROM users WHERE id = ? FOR UPDATE`,
};
const updateUser = {
  name: 'users_update',
  sql: `
    UPDATE users SET
      email = ?, name = ?, name_folded = ?, is_active = ?, version = version + 1, update_time = clock_timestamp()
    WHERE id = ?
    RETURNING ${userColumns}`,
};
/** Waits for whoever else writes the row, then looks at the hash again. */
const updatePassword = {
  name: 'users_update_password',
  sql: `
    UPDATE users SET password_hash = ?, version = version + 1, update_time = clock_timestamp()
    WHERE id = ?::uuid AND (?::text IS NULL OR password_hash = ?)
    RETURNING pg_current_xact_id()::text AS xid`,
};
const deleteUser = {
  name: 'users_delete',
  sql: `
    WITH ended AS (DELETE FROM sessions WHERE user_id = ? RETURNING token_hash, revoke_time, expire_time),
      gone AS (DELETE FROM users WHERE id = ? RETURNING id),
      noted AS (INSERT INTO deleted_users (id) SELECT id FROM gone)
    SELECT encode(token_hash, 'hex') AS hash, revoke_time IS NULL AS "wasOpen" FROM ended
    WHERE coalesce(revoke_time, expire_time) > clock_timestamp() - ${copiesLiveFor}`,
};

type WrittenRow = UserRow & { readonly xid: string };

/** Writes within the transaction that is open on `session`. */
export function createPostgresUserWriter(session: Session): UserWriter {
  return {
    insert: (user) => insertNewUser(session, user),
    lock: (id) => lock(session, id),
    update: (user, changes) => update(session, user, changes),
    setPassword: (change) => setPassword(session, change),
    delete: (user) => deleteLocked(session, user),
    importRows: (rows, onDuplicate, limits) => importRows(session, rows, onDuplicate, limits),
  };
}

/**
 * Inserts users by one statement; undefined, and nothing of it stays, where something stands in the way of one. Of several
 * under one id, the first counts.
 */
export async function insertTogether(session: Session, users: readonly NewUser[]): Promise<(User | undefined)[]> {
  const firsts = new Map(users.toReversed().map((user) => [user.id, user]));
  const asked = users.filter((user) => firsts.get(user.id) === user);
  const inserted = await insertRows(session, asked);
  // After the insert, as for one alone.
  const chosenIds = asked.flatMap(({ id, idIsChosen }) => (idIsChosen && inserted.has(id) ? [id] : []));
  if (chosenIds.length > 0) {
    for (const { id } of await session.rows<{ id: string }>(takeDeletedBack, [chosenIds])) inserted.delete(id);
  }
  return users.map((user) => (firsts.get(user.id) === user ? inserted.get(user.id) : undefined));
}

async function insertRows(session: Session, users: readonly NewUser[]): Promise<Map<string, User>> {
  const rows = await session.rows<WrittenRow>(insertMany, [
    users.map(({ id }) => id),
    users.map(({ email }) => email),
    users.map(({ name }) => name),
    users.map(({ name }) => foldName(name)),
    users.map(({ passwordHash }) => passwordHash),
  ]);
  for (const { xid } of rows.slice(0, 1)) session.noteTransactionId(xid);
  const ids = new Set(users.map(({ id }) => id));
  if (!rows.every(({ id }) => ids.has(id))) throw new Error('users_insert_many returned an id that was not asked for.');
  return new Map(rows.map((row) => [row.id, toUser(row)]));
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

async function insertRow(session: Session, user: NewUser): Promise<WrittenRow> {
  try {
    const { id, email, name, passwordHash } = user;
    const values = [id, email, name, foldName(name), passwordHash];
    const [row] = await session.rows<WrittenRow>(insertUser, values);
    if (row === undefined) throw new Error('An INSERT of a user returned no row.');
    return row;
  } catch (error) {
    if (violatesUnique(error, 'users_pkey')) {
      throw new TandemError('ID_TAKEN', "user_id is another user's; choose another, or leave it out.");
    }
    throw toEmailTaken(error);
  }
}

async function lock(session: Session, id: string): Promise<User | undefined> {
  const [row] = await session.rows<WrittenRow>(lockUser, [id]);
  if (row === undefined) return undefined;
  session.noteTransactionId(row.xid);
  return toUser(row);
}

async function update(session: Session, user: User, changes: UserChanges): Promise<User> {
  const changed = changeUser(user, changes);
  if (changed === user) return user;
  const { email, name, isActive, id } = changed;
  try {
    const [row] = await session.rows<UserRow>(updateUser, [email, name, foldName(name), isActive, id]);
    if (row === undefined) throw new Error('An UPDATE of a locked user found no row.');
    return toUser(row);
  } catch (error) {
    throw toEmailTaken(error);
  }
}

async function setPassword(session: Session, { id, hash, replacing }: PasswordChange): Promise<boolean> {
  const [row] = await session.rows<{ xid: string }>(updatePassword, [hash, id, replacing ?? null, replacing ?? null]);
  if (row !== undefined) session.noteTransactionId(row.xid);
  return row !== undefined;
}

async function deleteLocked(session: Session, { id }: User): Promise<EndedSessions> {
  const ended = await session.rows<{ hash: string; wasOpen: boolean }>(deleteUser, [id, id]);
  return { count: ended.filter(({ wasOpen }) => wasOpen).length, tokenHashes: ended.map(({ hash }) => hash) };
}

/** Any other error stays as it is. */
function toEmailTaken(error: unknown): unknown {
  if (!violatesUnique(error, 'users_email_unique')) return error;
  return new TandemError('EMAIL_TAKEN', 'Another user has this e-mail address, ignoring case; choose another.');
}

import { type ImportRow, type OnDuplicate, type PlannedRow, planImport } from '../domain/import-plan.ts';
import { foldName } from '../domain/names.ts';
import { makeSearchText } from '../domain/search-text.ts';
import { toTimeText } from '../domain/time.ts';
import { limitLockWait } from './lock-wait.ts';
import { createIdMaker } from './make-ids.ts';
import { violatesUnique } from './postgres-errors.ts';
import type { Session, Statement } from './postgres-lease.ts';
import { endSessionsOf } from './postgres-session-writer.ts';
import { StateChanged } from './postgres-transaction.ts';
import type { EndedSessions } from './session-store.ts';
import type { ImportedRows, ImportLimits } from './store.ts';

/*
 * What looks for users is not prepared: a plan that was kept from when the table was small would scan the whole of it for
 * each chunk, and to plan anew costs little beside a thousand rows.
 */

interface KnownUser {
  readonly id: string;
  readonly emailLower: string;
}

const selectKnown = `
  SELECT id::text AS id, email_lower AS "emailLower" FROM users
  WHERE id = ANY(?::uuid[]) OR email_lower = ANY(?::text[])`;
const findKnown = { name: 'import_find', prepared: false, sql: selectKnown };
/** In one order, so that two imports of the same users wait for each other and do not deadlock. */
const lockKnown = { name: 'import_lock', prepared: false, sql: `${selectKnown} ORDER BY id FOR UPDATE` };
const findDeleted = {
  name: 'import_find_deleted',
  prepared: false,
  sql: 'SELECT id::text AS id FROM deleted_users WHERE id = ANY(?::uuid[])',
};
const rowColumns = 'id, email, name, name_folded, search_text, is_active, password_hash, create_time';
const unnestRows = `
  unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::boolean[], ?::text[], ?::timestamptz[])
  AS r(${rowColumns})`;
/** One row, however many are written: nothing has to be known of each. */
const tellTransaction = 'SELECT pg_current_xact_id()::text AS xid';
/** Without ON CONFLICT, which costs more than a tenth of the insert: what is there already was looked for. */
const insertRows = {
  name: 'import_insert',
  sql: `
    WITH written AS (
      INSERT INTO users (${rowColumns})
      SELECT
        id, email, name, name_folded, search_text, coalesce(is_active, true), password_hash,
        coalesce(create_time, now())
      FROM ${unnestRows})
    ${tellTransaction}`,
};
/** Rows that change nothing are left alone, so that neither etag nor update_time moves. */
const updateRows = {
  name: 'import_update',
  prepared: false,
  sql: `
    WITH written AS (
      UPDATE users SET
        email = r.email, name = r.name, name_folded = r.name_folded,
        is_active = coalesce(r.is_active, users.is_active),
        password_hash = coalesce(r.password_hash, users.password_hash),
        create_time = coalesce(r.create_time, users.create_time),
        version = users.version + 1, update_time = clock_timestamp()
      FROM ${unnestRows}
      WHERE users.id = r.id AND
        (users.email, users.name, users.is_active, users.password_hash, users.create_time) IS DISTINCT FROM
        (r.email, r.name, coalesce(r.is_active, users.is_active), coalesce(r.password_hash, users.password_hash),
         coalesce(r.create_time, users.create_time)))
    ${tellTransaction}`,
};

const takenConstraints = ['users_pkey', 'users_email_unique'];

/** Takes a chunk in by a handful of statements, whatever its length, within the transaction that is open. */
export async function importRows(
  session: Session,
  rows: readonly ImportRow[],
  onDuplicate: OnDuplicate,
  { lockWaitMs, touchedIds = new Set() }: ImportLimits = {},
): Promise<ImportedRows> {
  if (lockWaitMs !== undefined) await limitLockWait(session, lockWaitMs);
  const chosenIds = rows.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const emails = rows.map(({ email }) => email.toLowerCase());
  const users = await session.rows<KnownUser>(onDuplicate === 'update' ? lockKnown : findKnown, [chosenIds, emails]);
  const deletedIds = await readDeleted(session, chosenIds);
  const makeId = createIdMaker(rows.length - chosenIds.length);
  const { outcomes, waves } = planImport({ rows, onDuplicate, users, deletedIds, touchedIds, makeId });
  const ended: EndedSessions[] = [];
  for (const { updates, inserts } of waves) {
    ended.push(await update(session, updates));
    await write(session, insertRows, inserts);
  }
  const made = waves.flatMap(({ inserts }) => inserts.map(({ id }) => id));
  const chosen = new Set(chosenIds);
  const madeAsChosen = made.filter((id) => chosen.has(id));
  await refuseDeleted(session, madeAsChosen);
  const updated = waves.flatMap(({ updates }) => updates.map(({ id }) => id));
  const knownIds = [...madeAsChosen, ...updated];
  return { outcomes, touchedIds: [...made, ...updated], knownIds, ended: joinEnded(ended) };
}

function joinEnded(ended: readonly EndedSessions[]): EndedSessions {
  return {
    count: ended.reduce((sum, { count }) => sum + count, 0),
    tokenHashes: ended.flatMap(({ tokenHashes }) => tokenHashes),
  };
}

async function readDeleted(session: Session, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await session.rows<{ id: string }>(findDeleted, [ids]);
  return new Set(rows.map(({ id }) => id));
}

/** Again after the insert: a deletion that was under way at the first look has left its trace by now. */
async function refuseDeleted(session: Session, chosenIds: readonly string[]): Promise<void> {
  const deleted = await readDeleted(session, chosenIds);
  if (deleted.size > 0) throw new StateChanged('Users were deleted.');
}

async function update(session: Session, planned: readonly PlannedRow[]): Promise<EndedSessions> {
  await write(session, updateRows, planned);
  const shutOut = planned.filter((row) => row.isActive === false || row.passwordHash !== undefined);
  return await endSessionsOf(
    session,
    shutOut.map(({ id }) => id),
  );
}

async function write(session: Session, statement: Statement, planned: readonly PlannedRow[]): Promise<void> {
  if (planned.length === 0) return;
  try {
    const [written] = await session.rows<{ xid: string }>(statement, toColumns(sortByEmail(planned)));
    if (written === undefined) throw new Error(`${statement.name} returned no row.`);
    session.noteTransactionId(written.xid);
  } catch (error) {
    // Somebody was faster since the look: the whole chunk is decided again.
    if (takenConstraints.some((constraint) => violatesUnique(error, constraint)))
      throw new StateChanged('Users appeared.');
    throw error;
  }
}

/** So that two imports that insert the same e-mails wait for one another, and are not in a deadlock. */
function sortByEmail(planned: readonly PlannedRow[]): PlannedRow[] {
  const keyed = planned.map((row) => ({ row, emailLower: row.email.toLowerCase() }));
  return keyed.sort((a, b) => (a.emailLower < b.emailLower ? -1 : 1)).map(({ row }) => row);
}

/** As `unnestRows` takes them. */
function toColumns(rows: readonly PlannedRow[]): unknown[] {
  const foldedNames = rows.map((row) => foldName(row.name));
  return [
    rows.map((row) => row.id),
    rows.map((row) => row.email),
    rows.map((row) => row.name),
    foldedNames,
    rows.map(({ email }, index) => makeSearchText({ nameFolded: foldedNames[index] ?? '', email })),
    rows.map((row) => row.isActive ?? null),
    rows.map((row) => row.passwordHash ?? null),
    rows.map((row) => (row.createTime === undefined ? null : toTimeText(row.createTime))),
  ];
}

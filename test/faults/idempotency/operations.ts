import { randomUUID } from 'node:crypto';
import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import { UserService } from '@tandem/contracts/users';
import type pg from 'pg';

/** A mutation that is sent many times under one `request_id`, and what must be true of it then. */
export interface Operation {
  readonly kind: string;
  readonly requestId: string;
  readonly method: DescMethod & { input: DescMessage };
  readonly request: Record<string, unknown>;
  /** Another payload under the same id. */
  readonly otherRequest: Record<string, unknown>;
  /** The status that every answer has; 0: a reply. */
  readonly code: number;
  /** Changes the state so that the call, were it decided anew, would end differently. */
  disturb(): Promise<void>;
  /** How many times it took effect; must be `effects`. */
  countEffects(): Promise<number>;
  readonly effects: number;
}

const okCode = 0;
const alreadyExistsCode = 6;

type Making = (n: number, database: pg.Pool) => Promise<Operation>;

/** All kinds in turn; hashing is slow, so that one of a hundred only changes a password. */
export function makeOperation(n: number, database: pg.Pool): Promise<Operation> {
  const makings: readonly Making[] = [makeCreation, makeUpdate, makeDeletion, makeRefusedCreation];
  const making = n % 100 === 99 ? makePasswordChange : (makings[n % makings.length] ?? makeCreation);
  return making(n, database);
}

const makeCreation: Making = async (n, database) => {
  const email = `made${n}@faults.example`;
  return {
    ...operation('create', UserService.method.createUser, { email, name: `Made ${n}` }, { name: 'Other' }),
    disturb: () => run(database, 'DELETE FROM users WHERE email = $1', email),
    countEffects: () => count(database, `SELECT count(*) FROM users WHERE name = $1`, `Made ${n}`),
    // It was deleted since, and the answer stays.
    effects: 0,
  };
};

const makeUpdate: Making = async (n, database) => {
  const id = await insertUser(n, database);
  return {
    ...operation('update', UserService.method.updateUser, { user: { id, name: `Updated ${n}` } }, { user: { id } }),
    disturb: () => run(database, `UPDATE users SET name = 'Changed since' WHERE id = $1`, id),
    countEffects: () => count(database, 'SELECT version - 1 AS count FROM users WHERE id = $1', id),
    effects: 1,
  };
};

const makeDeletion: Making = async (n, database) => {
  const id = await insertUser(n, database);
  return {
    ...operation('delete', UserService.method.deleteUser, { id }, { id, etag: '7' }),
    disturb: async () => {},
    countEffects: () => count(database, 'SELECT count(*) FROM deleted_users WHERE id = $1', id),
    effects: 1,
  };
};

const makeRefusedCreation: Making = async (n, database) => {
  const id = await insertUser(n, database);
  const request = { email: `there${n}@faults.example`, name: `Refused ${n}` };
  return {
    ...operation('refused create', UserService.method.createUser, request, { name: 'Other' }),
    code: alreadyExistsCode,
    disturb: () => run(database, 'DELETE FROM users WHERE id = $1', id),
    countEffects: () => count(database, 'SELECT count(*) FROM users WHERE name = $1', request.name),
    effects: 0,
  };
};

const makePasswordChange: Making = async (n, database) => {
  const id = await insertUser(n, database);
  await run(
    database,
    `INSERT INTO sessions (id, user_id, token_hash, expire_time)
     VALUES ($1::uuid, $1::uuid, sha256($1::uuid::text::bytea), now() + interval '1 hour')`,
    id,
  );
  const request = { id, newPassword: `long enough ${n}` };
  return {
    ...operation('change password', UserService.method.changePassword, request, { newPassword: 'something else' }),
    disturb: () => run(database, 'UPDATE sessions SET revoke_time = NULL WHERE id = $1', id),
    countEffects: () => count(database, 'SELECT version - 1 AS count FROM users WHERE id = $1', id),
    effects: 1,
  };
};

function operation<I extends DescMessage>(
  kind: string,
  method: DescMethod & { input: I },
  request: MessageInitShape<I>,
  other: MessageInitShape<I>,
) {
  const requestId = randomUUID();
  return {
    kind,
    requestId,
    method,
    request: { ...request, requestId },
    otherRequest: { ...request, ...other, requestId },
    code: okCode,
  };
}

async function insertUser(n: number, database: pg.Pool): Promise<string> {
  const id = randomUUID();
  const sql = `INSERT INTO users (id, email, name, name_folded) VALUES ($1, $2, 'There', 'there')`;
  await database.query(sql, [id, `there${n}@faults.example`]);
  return id;
}

async function run(database: pg.Pool, sql: string, value: string): Promise<void> {
  await database.query(sql, [value]);
}

async function count(database: pg.Pool, sql: string, value: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>(sql, [value]);
  return Number(rows[0]?.count ?? 0);
}

import {
  type Answer,
  AnswerRecorded,
  type CallBounds,
  type Claim,
  type IdempotencyRecords,
  TandemError,
} from '@tandem/rpc';
import type { Session } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { StateChanged } from './postgres-transaction.ts';

interface RecordRow {
  readonly fingerprint: Buffer;
  readonly kind: Answer['kind'] | null;
  readonly answer: Buffer | null;
}

const insertClaim = {
  name: 'claim_insert',
  sql: `
    INSERT INTO idempotency_records (request_id, caller, method, fingerprint, expire_time)
    VALUES (?, ?, ?, ?, now() + interval '24 hours')
    ON CONFLICT DO NOTHING
    RETURNING pg_current_xact_id()::text AS xid`,
};
const insertAnswered = {
  name: 'claim_insert_answered',
  sql: `
    INSERT INTO idempotency_records (request_id, caller, method, fingerprint, kind, answer, expire_time)
    VALUES (?, ?, ?, ?, ?, ?, now() + interval '24 hours')
    ON CONFLICT DO NOTHING
    RETURNING kind`,
};
const storeAnswer = {
  name: 'claim_store_answer',
  sql: `
    UPDATE idempotency_records SET kind = ?, answer = ?
    WHERE request_id = ? AND caller = ? AND method = ?`,
};
const findRecord = {
  name: 'claim_find',
  sql: `
    SELECT fingerprint, kind, answer FROM idempotency_records
    WHERE request_id = ? AND caller = ? AND method = ? AND expire_time > now()`,
};
const deleteExpired = {
  name: 'claim_delete_expired',
  sql: `
    DELETE FROM idempotency_records
    WHERE request_id = ? AND caller = ? AND method = ? AND expire_time <= now()`,
};

const points = 'tandem.users.v1.PointsService';
/**
 * Methods whose request ids are unique over all of them: they share their records, in which the other's fingerprint is
 * another payload's (a grant's second field is a number, a transfer's a text: no two of them encode alike).
 */
const sharedScopes: ReadonlyMap<string, string> = new Map([
  [`${points}/TransferPoints`, points],
  [`${points}/GrantPoints`, points],
]);

/**
 * Runs `work` under a claim: its record is the transaction's first write, and what `work` returns is stored in it. A
 * duplicate waits for the first attempt to end (at most the connection's lock_timeout).
 *
 * @throws AnswerRecorded when the first attempt has been answered
 */
export async function runClaimed<T extends object>(session: Session, claim: Claim, work: () => Promise<T>): Promise<T> {
  const claimed = (await tryClaim(session, claim)) ?? (await claimAnew(session, claim));
  session.noteTransactionId(claimed.xid);
  const result = await work();
  session.sendLast(storeAnswer, ['reply', claim.encodeReply(result), ...keyOf(claim)]);
  return result;
}

async function tryClaim(session: Session, claim: Claim): Promise<{ readonly xid: string } | undefined> {
  const [claimed] = await session.rows<{ xid: string }>(insertClaim, [...keyOf(claim), claim.fingerprint]);
  return claimed;
}

/** In statements of their own: the one that met the winner's row has a snapshot from before it. */
async function claimAnew(session: Session, claim: Claim): Promise<{ readonly xid: string }> {
  const answer = await readAnswer(session, claim);
  if (answer !== undefined) throw new AnswerRecorded(answer);
  await session.rows(deleteExpired, keyOf(claim));
  const claimed = await tryClaim(session, claim);
  if (claimed === undefined) throw new StateChanged('Another attempt was faster.');
  return claimed;
}

/** The records of idempotency of the users database. */
export function createPostgresRecords(pool: PostgresPool): IdempotencyRecords {
  return {
    find: (claim, call) => pool.lease(toBounds(call), (session) => readAnswer(session, claim)),
    putRefusal: (claim, refusal, call) =>
      pool.lease(toBounds(call), async (session) => {
        if (await tryPutRefusal(session, { claim, refusal })) return { kind: 'refusal', bytes: refusal };
        const earlier = await readAnswer(session, claim);
        if (earlier !== undefined) return earlier;
        await session.rows(deleteExpired, keyOf(claim));
        if (await tryPutRefusal(session, { claim, refusal })) return { kind: 'refusal', bytes: refusal };
        throw inProgress();
      }),
  };
}

async function tryPutRefusal(
  session: Session,
  { claim, refusal }: { claim: Claim; refusal: Uint8Array },
): Promise<boolean> {
  const stored = await session.rows(insertAnswered, [...keyOf(claim), claim.fingerprint, 'refusal', refusal]);
  return stored.length > 0;
}

/** What was answered and has not expired. */
async function readAnswer(session: Session, claim: Claim): Promise<Answer | undefined> {
  const [row] = await session.rows<RecordRow>(findRecord, keyOf(claim));
  if (row === undefined) return undefined;
  if (!row.fingerprint.equals(claim.fingerprint)) {
    throw new TandemError('REQUEST_ID_REUSED', 'request_id was used for another request; make a new one for this.');
  }
  if (row.kind === null || row.answer === null) throw inProgress();
  return { kind: row.kind, bytes: row.answer };
}

function inProgress(): TandemError {
  return new TandemError('REQUEST_IN_PROGRESS', 'An attempt with this request_id is still running; try again.');
}

function keyOf({ requestId, caller, method }: Claim): [string, string, string] {
  return [requestId, caller, sharedScopes.get(method) ?? method];
}

function toBounds({ deadline, signal }: CallBounds): { deadline: number; signal: AbortSignal } {
  return { deadline, signal };
}

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
    WHERE request_id = ? AND caller = ? AND method = ?`,
};

/**
 * Runs `work` under a claim: its record is the transaction's first write, and what `work` returns is stored in it. A
 * duplicate waits for the first attempt to end (at most the connection's lock_timeout).
 *
 * @throws AnswerRecorded when the first attempt has been answered
 */
export async function runClaimed<T extends object>(session: Session, claim: Claim, work: () => Promise<T>): Promise<T> {
  const [claimed] = await session.rows<{ xid: string }>(insertClaim, [...keyOf(claim), claim.fingerprint]);
  if (claimed === undefined) throw await explainHeldClaim(session, claim);
  session.noteTransactionId(claimed.xid);
  const result = await work();
  await session.rows(storeAnswer, ['reply', claim.encodeReply(result), ...keyOf(claim)]);
  return result;
}

/** In a statement of its own: the one that met the winner's row has a snapshot from before it. */
async function explainHeldClaim(session: Session, claim: Claim): Promise<Error> {
  const answer = await readAnswer(session, claim);
  return answer === undefined ? new StateChanged('The record went away again.') : new AnswerRecorded(answer);
}

/** The records of idempotency of the users database. */
export function createPostgresRecords(pool: PostgresPool): IdempotencyRecords {
  return {
    find: (claim, call) => pool.lease(toBounds(call), (session) => readAnswer(session, claim)),
    putRefusal: (claim, refusal, call) =>
      pool.lease(toBounds(call), async (session) => {
        const stored = await session.rows(insertAnswered, [...keyOf(claim), claim.fingerprint, 'refusal', refusal]);
        if (stored.length > 0) return { kind: 'refusal', bytes: refusal };
        const earlier = await readAnswer(session, claim);
        if (earlier === undefined) throw inProgress();
        return earlier;
      }),
  };
}

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
  return [requestId, caller, method];
}

function toBounds({ deadline, signal }: CallBounds): { deadline: number; signal: AbortSignal } {
  return { deadline, signal };
}

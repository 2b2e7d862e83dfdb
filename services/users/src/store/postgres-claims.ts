import {
  type Answer,
  AnswerRecorded,
  type AnswerWriter,
  AttemptUnfinished,
  type CallBounds,
  type Claim,
  type IdempotencyRecords,
  type RecordKey,
  TandemError,
} from '@tandem/rpc';
import type { Session } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import type { StoreCall } from './store.ts';

interface RecordRow {
  readonly fingerprint: Buffer;
  readonly kind: Answer['kind'] | null;
  readonly answer: Buffer | null;
  readonly cache_keys: string[];
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
    UPDATE idempotency_records SET kind = ?, answer = ?, cache_keys = ?::text[]
    WHERE request_id = ? AND caller = ? AND method = ?`,
};
const storeCacheKeys = {
  name: 'claim_store_cache_keys',
  sql: 'UPDATE idempotency_records SET cache_keys = ?::text[] WHERE request_id = ? AND caller = ? AND method = ?',
};
const putAnswer = {
  name: 'claim_put_answer',
  sql: `
    UPDATE idempotency_records SET kind = ?, answer = ?
    WHERE request_id = ? AND caller = ? AND method = ? AND kind IS NULL
    RETURNING pg_current_xact_id()::text AS xid`,
};
const findAnswer = {
  name: 'claim_find_answer',
  sql: 'SELECT kind, answer, cache_keys FROM idempotency_records WHERE request_id = ? AND caller = ? AND method = ?',
};
const withdrawClaim = {
  name: 'claim_withdraw',
  sql: 'DELETE FROM idempotency_records WHERE request_id = ? AND caller = ? AND method = ? AND kind IS NULL',
};
const findRecord = {
  name: 'claim_find',
  sql: `
    SELECT fingerprint, kind, answer, cache_keys FROM idempotency_records
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

interface Claiming extends Required<Pick<StoreCall, 'answeredLater' | 'cacheKeys'>> {
  readonly claim: Claim;
}

/** Another attempt has the record: what it was answered is to be read once this transaction is over. */
class ClaimTaken extends Error {
  override readonly name = 'ClaimTaken';
}

/**
 * Runs `work` under a claim, within the transaction that is open on `session`: the claim is its first write, and what
 * `work` returns is stored in the record, unless the call is answered later. The first statement of `work` goes out
 * behind the claim without waiting for it; what it did counts only where the claim turns out to be ours.
 *
 * @param options.answeredLater whether the answer comes by a later transaction
 * @param options.cacheKeys what `work` wrote that may be cached, once it is done
 * @throws ClaimTaken, which `answerClaimed` takes up
 */
export async function runClaimed<T extends object>(
  session: Session,
  { claim, answeredLater, cacheKeys }: Claiming,
  work: () => Promise<T>,
): Promise<T> {
  // Both are over before anything is thrown: a statement that came behind the ROLLBACK would commit by itself.
  const [claimed, worked] = await Promise.allSettled([tryClaim(session, claim), work()]);
  if (claimed.status === 'rejected') throw claimed.reason;
  if (!claimed.value) throw new ClaimTaken();
  if (worked.status === 'rejected') throw worked.reason;
  const result = worked.value;
  if (answeredLater) session.sendLast(storeCacheKeys, [cacheKeys(), ...keyOf(claim)]);
  else session.sendLast(storeAnswer, ['reply', claim.encodeReply(result), cacheKeys(), ...keyOf(claim)]);
  return result;
}

/**
 * Runs a transaction that claims, again where the record that it met has expired. A duplicate has waited by then for the
 * first attempt to end (at most the connection's lock_timeout).
 *
 * @throws AnswerRecorded when the first attempt has been answered, AttemptUnfinished when it will be answered later
 */
export async function answerClaimed<T>(
  pool: PostgresPool,
  { claim, call }: { readonly claim: Claim; readonly call: CallBounds },
  transact: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await transact();
    } catch (error) {
      if (!(error instanceof ClaimTaken)) throw error;
    }
    await pool.lease(toBounds(call), (session) => clearExpired(session, claim));
  }
}

/** Answers calls that claimed in an earlier transaction, within the one that is open on `session`. */
export function createAnswerWriter(session: Session): AnswerWriter {
  return {
    async put(key, answer) {
      const [written] = await session.rows<{ xid: string }>(putAnswer, [answer.kind, answer.bytes, ...keyOf(key)]);
      if (written !== undefined) session.noteTransactionId(written.xid);
      if (written !== undefined) return answer;
      const [stored] = await session.rows<Omit<RecordRow, 'fingerprint'>>(findAnswer, keyOf(key));
      // A record that has expired meanwhile binds nobody.
      return (stored && toAnswer(stored)) ?? answer;
    },
    withdraw: async (key) => void (await session.rows(withdrawClaim, keyOf(key))),
  };
}

async function tryClaim(session: Session, claim: Claim): Promise<boolean> {
  const [claimed] = await session.rows<{ xid: string }>(insertClaim, [...keyOf(claim), claim.fingerprint]);
  if (claimed !== undefined) session.noteTransactionId(claimed.xid);
  return claimed !== undefined;
}

async function clearExpired(session: Session, claim: Claim): Promise<void> {
  const answer = await readAnswer(session, claim);
  if (answer !== undefined) throw new AnswerRecorded(answer);
  await session.rows(deleteExpired, keyOf(claim));
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
        throw new AttemptUnfinished();
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
  const answer = toAnswer(row);
  if (answer === undefined) throw new AttemptUnfinished(row.cache_keys);
  return answer;
}

function toAnswer({ kind, answer, cache_keys }: Omit<RecordRow, 'fingerprint'>): Answer | undefined {
  return kind === null || answer === null ? undefined : { kind, bytes: answer, cacheKeys: cache_keys };
}

/** As a row of the table has it: request_id, caller, method. */
export function keyOf({ requestId, caller, method }: RecordKey): [string, string, string] {
  return [requestId, caller, sharedScopes.get(method) ?? method];
}

function toBounds({ deadline, signal }: CallBounds): { deadline: number; signal: AbortSignal } {
  return { deadline, signal };
}

import type { Claim } from '@tandem/rpc';
import { keyOf } from './postgres-claims.ts';
import type { Session } from './postgres-lease.ts';

const insertClaims = {
  name: 'claims_insert',
  sql: `
    INSERT INTO idempotency_records (request_id, caller, method, fingerprint, expire_time)
    SELECT claimed.*, now() + interval '24 hours'
    FROM unnest(?::uuid[], ?::text[], ?::text[], ?::bytea[]) AS claimed
    ON CONFLICT DO NOTHING
    RETURNING request_id::text AS request_id, caller, method, pg_current_xact_id()::text AS xid`,
};
/** The keys of one call come as one text, for arrays of arrays must be of one length. */
const storeAnswers = {
  name: 'claims_store_answers',
  sql: `
    UPDATE idempotency_records AS record
    SET kind = 'reply', answer = given.answer, cache_keys = string_to_array(given.cache_keys, E'\\n')
    FROM unnest(?::uuid[], ?::text[], ?::text[], ?::bytea[], ?::text[])
      AS given (request_id, caller, method, answer, cache_keys)
    WHERE record.request_id = given.request_id AND record.caller = given.caller AND record.method = given.method`,
};
const withdrawClaims = {
  name: 'claims_withdraw',
  sql: `
    DELETE FROM idempotency_records AS record
    USING unnest(?::uuid[], ?::text[], ?::text[]) AS left_over (request_id, caller, method)
    WHERE record.request_id = left_over.request_id AND record.caller = left_over.caller
      AND record.method = left_over.method AND record.kind IS NULL`,
};

/** What a claim is answered with. */
export interface ClaimReply {
  readonly claim: Claim;
  readonly bytes: Uint8Array;
  /** What was written that may be cached. */
  readonly cacheKeys: readonly string[];
}

interface ClaimedRow {
  readonly request_id: string;
  readonly caller: string;
  readonly method: string;
  readonly xid: string;
}

/**
 * Claims within the transaction that is open on `session`, all in one statement.
 *
 * @returns whether each is theirs now; of several with one key the first
 */
export async function claimTogether(session: Session, claims: readonly Claim[]): Promise<boolean[]> {
  const names = claims.map((claim) => nameOf(keyOf(claim)));
  const firsts = claims.filter((_, index) => names.indexOf(names[index] ?? '') === index);
  if (firsts.length === 0) return [];
  const fingerprints = firsts.map(({ fingerprint }) => fingerprint);
  const rows = await session.rows<ClaimedRow>(insertClaims, [...keyColumns(firsts), fingerprints]);
  for (const { xid } of rows.slice(0, 1)) session.noteTransactionId(xid);
  const claimed = new Set(rows.map(({ request_id, caller, method }) => nameOf([request_id, caller, method])));
  const mine = names.map((name) => claimed.delete(name));
  if (claimed.size > 0) throw new Error('claims_insert returned a key that was not asked for.');
  return mine;
}

/** Stores what is answered, as the last statement of the transaction: COMMIT follows. */
export function answerTogether(session: Session, replies: readonly ClaimReply[]): void {
  if (replies.length === 0) return;
  session.sendLast(storeAnswers, [
    ...keyColumns(replies.map(({ claim }) => claim)),
    replies.map(({ bytes }) => bytes),
    replies.map(({ cacheKeys }) => cacheKeys.join('\n')),
  ]);
}

/** Drops claims of this transaction of which nothing came. */
export async function withdrawTogether(session: Session, claims: readonly Claim[]): Promise<void> {
  if (claims.length > 0) await session.rows(withdrawClaims, keyColumns(claims));
}

function keyColumns(claims: readonly Claim[]): [string[], string[], string[]] {
  const keys = claims.map(keyOf);
  return [keys.map(([requestId]) => requestId), keys.map(([, caller]) => caller), keys.map(([, , method]) => method)];
}

function nameOf(key: readonly [requestId: string, caller: string, method: string]): string {
  return JSON.stringify(key);
}

import {
  type Answer,
  AnswerRecorded,
  type CallBounds,
  type Claim,
  type IdempotencyRecords,
  TandemError,
} from '@tandem/rpc';
import { Binary, type ClientSession, type Collection, type Db } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { TransactionRunner } from './mongo-transaction-runner.ts';

const keptMs = 24 * 3_600_000;

interface RecordDocument {
  _id: string;
  fingerprint: Binary;
  expire_time: Date;
  kind?: Answer['kind'];
  answer?: Binary;
  cache_keys?: string[];
  /** The posts with long texts that the attempt left to be indexed after its commit. */
  to_index?: string[];
}

/** A claim within the transaction that will answer it. */
export interface ClaimWriter {
  /**
   * The transaction's first statement. Meeting an uncommitted claim is a write conflict at once.
   *
   * @throws AnswerRecorded, or TandemError `REQUEST_ID_REUSED`, `REQUEST_IN_PROGRESS`
   */
  claim(claim: Claim, within: { session: ClientSession; call: CallBounds }): Promise<void>;
  answer(claim: Claim, answer: WrittenAnswer, within: { session: ClientSession; call: CallBounds }): Promise<void>;
}

/** An answer, and the posts that are to be indexed before it is given; default none. */
export type WrittenAnswer = Answer & { readonly toIndex?: readonly string[] };

export function createClaimWriter(db: Db): ClaimWriter {
  const records = recordsOf(db);
  return {
    async claim(claim, { session, call }) {
      const found = await records.findOneAndUpdate(
        { _id: toKey(claim) },
        { $setOnInsert: { fingerprint: new Binary(claim.fingerprint), expire_time: new Date(Date.now() + keptMs) } },
        { upsert: true, returnDocument: 'before', session, ...timeLeft(call) },
      );
      if (found !== null) throw new AnswerRecorded(readAnswer(found, claim) ?? inProgress());
    },
    async answer(claim, { kind, bytes, cacheKeys = [], toIndex = [] }, { session, call }) {
      await records.updateOne(
        { _id: toKey(claim) },
        { $set: { kind, answer: new Binary(bytes), cache_keys: [...cacheKeys], to_index: [...toIndex] } },
        { session, ...timeLeft(call) },
      );
    },
  };
}

export interface IdempotencySources {
  readonly db: Db;
  readonly claims: ClaimWriter;
  readonly run: TransactionRunner;
  /** Indexes those of these posts that are not. */
  readonly index: (ids: readonly string[], call: CallBounds) => Promise<void>;
}

/**
 * The records of answered mutations, in the collection `idempotency_records`; MongoDB removes them after 24 h. A reply that
 * says that a post is written is given when the post can be found, also where the first attempt ended before.
 */
export function createIdempotencyRecords({ db, claims, run, index }: IdempotencySources): IdempotencyRecords {
  const records = recordsOf(db);
  const find: IdempotencyRecords['find'] = async (claim, call) => {
    const found = await translating(() => records.findOne({ _id: toKey(claim) }, timeLeft(call)));
    if (found === null) return undefined;
    const answer = readAnswer(found, claim);
    await index(found.to_index ?? [], call);
    return answer;
  };
  return {
    find,
    /** In a transaction: a plain upsert would wait for one that holds the key, past its `maxTimeMS`. */
    async putRefusal(claim, refusal, call) {
      const answer = { kind: 'refusal', bytes: refusal } as const;
      try {
        await run(call, async (session) => {
          await claims.claim(claim, { session, call });
          await claims.answer(claim, answer, { session, call });
        });
        return answer;
      } catch (error) {
        if (error instanceof AnswerRecorded) return (await find(claim, call)) ?? error.answer;
        throw error;
      }
    },
  };
}

/** While an attempt with this `request_id` is under way. */
export function inProgress(): never {
  throw new TandemError(
    'REQUEST_IN_PROGRESS',
    'An attempt with this request_id is still running. Send it again, unchanged, a little later.',
  );
}

function recordsOf(db: Db): Collection<RecordDocument> {
  return db.collection<RecordDocument>('idempotency_records');
}

/** The caller last: it is the only part that may hold any character. */
function toKey({ requestId, method, caller }: Claim): string {
  return `${requestId} ${method} ${caller}`;
}

function readAnswer({ fingerprint, kind, answer, cache_keys }: RecordDocument, claim: Claim): Answer | undefined {
  if (!Buffer.from(claim.fingerprint).equals(fingerprint.value())) {
    throw new TandemError(
      'REQUEST_ID_REUSED',
      'This request_id was used for another request. Make a new one for each request.',
    );
  }
  if (kind === undefined || answer === undefined) return undefined;
  return { kind, bytes: Uint8Array.from(answer.value()), cacheKeys: cache_keys ?? [] };
}

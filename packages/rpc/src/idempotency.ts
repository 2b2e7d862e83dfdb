import { TandemError } from './errors.ts';

/** What a record is found by. */
export interface RecordKey {
  /** Who calls. */
  readonly caller: string;
  /** The method's full name, as `tandem.users.v1.UserService/CreateUser`. */
  readonly method: string;
  /** The request's `request_id`, a lower-case UUID. */
  readonly requestId: string;
}

/** Whose attempt at what a mutation is: what a store claims before it takes effect. */
export interface Claim extends RecordKey {
  /** SHA-256 over the request without its `request_id`; secrets enter it through a slow hash only. 32 bytes. */
  readonly fingerprint: Uint8Array;
  /**
   * The reply as bytes, to be stored in the record beside the effect, before COMMIT.
   *
   * @throws TandemError `RESPONSE_TOO_LARGE`: nothing may commit whose answer cannot be delivered
   */
  encodeReply(reply: object): Uint8Array;
}

/** The recorded answer of a finished attempt. */
export interface Answer {
  readonly kind: 'reply' | 'refusal';
  /** The reply message's bytes, or those of a `google.rpc.Status`. */
  readonly bytes: Uint8Array;
  /** What the attempt wrote that may be cached, as the service's cache calls it. Default: nothing. */
  readonly cacheKeys?: readonly string[];
}

/**
 * Thrown by a transaction whose claim found a finished record with the same fingerprint; the pipeline answers what is
 * recorded. With another fingerprint the transaction throws `REQUEST_ID_REUSED`, while the first attempt is not
 * committed yet `REQUEST_IN_PROGRESS`.
 */
export class AnswerRecorded extends Error {
  override readonly name = 'AnswerRecorded';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('The call was answered before; the recorded answer stands.');
    this.answer = answer;
  }
}

/**
 * The refusal of a duplicate whose first attempt has begun in a transaction that committed, and is not answered yet. A
 * handler that can do what is left catches it; else it is a `REQUEST_IN_PROGRESS` like any other.
 */
export class AttemptUnfinished extends TandemError {
  /** As an `Answer` has them. */
  readonly cacheKeys: readonly string[];

  constructor(cacheKeys: readonly string[] = []) {
    super('REQUEST_IN_PROGRESS', 'An attempt with this request_id is still running; try again.');
    this.cacheKeys = cacheKeys;
  }
}

/**
 * Answers a call of several transactions: its first claimed the record without an answer, and whoever ends the work (the
 * call, a job, a duplicate) stores one, in the transaction that this writer belongs to.
 */
export interface AnswerWriter {
  /** Stores an answer where none is, and returns what is stored: the answer that must be given. */
  put(key: RecordKey, answer: Answer): Promise<Answer>;
  /** Drops a claim without an answer, where nothing came of the attempt: the next one begins anew. */
  withdraw(key: RecordKey): Promise<void>;
}

/** What a store needs to know of a call to keep to its time. */
export interface CallBounds {
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** The records of answered mutations, kept for 24 h in the service's own database. */
export interface IdempotencyRecords {
  /**
   * The recorded answer, or undefined where there is none. A handler that checks something outside before its
   * transaction calls this first and throws `AnswerRecorded`, so that the first answer stands.
   *
   * @throws TandemError `REQUEST_ID_REUSED` where the record has another fingerprint
   */
  find(claim: Claim, call: CallBounds): Promise<Answer | undefined>;
  /**
   * Stores a refusal by a small transaction of its own (insert, else read) and returns what is stored, which may be an
   * earlier answer.
   *
   * @throws TandemError `REQUEST_ID_REUSED` where the record has another fingerprint, `REQUEST_IN_PROGRESS` while it
   * has no answer yet
   */
  putRefusal(claim: Claim, refusal: Uint8Array, call: CallBounds): Promise<Answer>;
}

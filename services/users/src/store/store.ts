import type { InvalidationWriter } from '@tandem/cache';
import type { AnswerWriter, CallBounds, Claim, IdempotencyRecords, Readers } from '@tandem/rpc';
import type { ImportRow, OnDuplicate, RowOutcome } from '../domain/import-plan.ts';
import type { Movement, NewTransfer, Transfer, TransferFilter, TransferPosition } from '../domain/points.ts';
import type { NewUser, User, UserChanges, UserFilter, UserOrder, UserPosition } from '../domain/user.ts';
import type { SearchPosition, UserHit } from '../domain/user-search.ts';
import type { StatsBucket, UserStats } from '../domain/user-stats.ts';
import type { JobWriter } from './job-store.ts';
import type { PendingUserWriter } from './pending-user-store.ts';
import type { EndedSessions, SessionReader, SessionWriter } from './session-store.ts';

/** What the store needs to know of the call that it works for. `signal` is looked at only where work can take long. */
export interface StoreCall extends CallBounds {
  readonly claim?: Claim | undefined;
  /**
   * True: the transaction is the first of several, and its claim stays without an answer until the last of them writes it
   * (`UsersTransaction.answers`). Default false: what the transaction returns is the answer.
   */
  readonly answeredLater?: boolean | undefined;
  /** What the transaction's work wrote that may be cached, to be kept with the recorded reply. Default: nothing. */
  readonly cacheKeys?: () => readonly string[];
}

/** A page to be read. */
export interface UserPageQuery {
  readonly filter: UserFilter;
  readonly order: UserOrder;
  /** The last user of the page before; undefined: from the beginning. */
  readonly after: UserPosition | undefined;
  /** How many users at most. */
  readonly limit: number;
}

export interface UserPage {
  readonly users: User[];
  /** Where the next page begins; undefined when this was the last. */
  readonly next: UserPosition | undefined;
}

/** Who is looked for. */
export interface UserSearchSubject {
  /** Folded; all must match. Without any, nobody does. */
  readonly words: readonly string[];
  readonly filter: UserFilter;
}

/** A page of hits to be read. */
export interface UserSearchQuery extends UserSearchSubject {
  /** The last hit of the page before; undefined: from the beginning. */
  readonly after: SearchPosition | undefined;
  readonly limit: number;
}

export interface UserSearchPage {
  readonly hits: UserHit[];
  /** Where the next page begins; undefined when this was the last. */
  readonly next: SearchPosition | undefined;
}

/** Users to be read by id, a chunk after the other. */
export interface UserChunkQuery {
  readonly filter: UserFilter;
  /** The last user of the chunk before; undefined: from the beginning. */
  readonly afterId: string | undefined;
  readonly limit: number;
}

/**
 * Reads what is committed; how fresh, `Readers` says.
 *
 * Every method may throw TandemError `STORE_UNAVAILABLE`, `OVERLOADED` (too many wait, or for 200 ms no statement was
 * answered), `DEADLINE_EXCEEDED`, or the reason of the call's signal; its statement is then ended.
 */
export interface UserReader {
  /** The user, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<User | undefined>;
  /** The user with this e-mail, ignoring case, or undefined. */
  getByEmail(email: string, call: StoreCall): Promise<User | undefined>;
  /** Those that there are, by id; of the strong reader in one statement, one snapshot. */
  getMany(ids: readonly string[], call: StoreCall): Promise<Map<string, User>>;
  list(query: UserPageQuery, call: StoreCall): Promise<UserPage>;
  count(filter: UserFilter, call: StoreCall): Promise<bigint>;
  /** Those whose name and e-mail have words that are, or begin with, all that is looked for; best first. */
  search(query: UserSearchQuery, call: StoreCall): Promise<UserSearchPage>;
  countFound(subject: UserSearchSubject, call: StoreCall): Promise<bigint>;
  /** The next users by id; one statement, one snapshot. Fewer than `limit`: these were the last. */
  readChunk(query: UserChunkQuery, call: StoreCall): Promise<User[]>;
  /** Figures of one instant: one statement, one snapshot. */
  stats(query: UserStatsQuery, call: StoreCall): Promise<UserStats>;
  /** What the user's password is verified by, or undefined when there is no user. */
  getPassword(id: string, call: StoreCall): Promise<StoredPassword | undefined>;
}

export interface UserStatsQuery {
  readonly filter: UserFilter;
  readonly bucket: StatsBucket;
}

export interface StoredPassword {
  /** In PHC form; null: the user has no password. */
  readonly hash: string | null;
}

/** Users as the bytes of their messages, which nobody changes; fresh as `UserReader`, and throws what it throws. */
export interface EncodedUserReader {
  /** The user, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<Uint8Array | undefined>;
  /** The user with this e-mail, ignoring case, or undefined. */
  getByEmail(email: string, call: StoreCall): Promise<Uint8Array | undefined>;
  /** Those that there are, by id; ids may come twice. */
  getMany(ids: readonly string[], call: StoreCall): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** Writes within a transaction. */
export interface UserWriter {
  /**
   * @throws TandemError `EMAIL_TAKEN`; `ID_TAKEN`, for a deleted user's id too; `REQUEST_IN_PROGRESS` when another
   * transaction that is not over yet holds the e-mail or the id
   */
  insert(user: NewUser): Promise<User>;
  /**
   * The user, locked until the transaction's end, or undefined when there is none.
   *
   * @throws TandemError `REQUEST_IN_PROGRESS` when another transaction that is not over yet holds the user
   */
  lock(id: string): Promise<User | undefined>;
  /**
   * Changes a user that this transaction has locked. Where nothing changes, neither version nor update_time moves.
   *
   * @throws TandemError `EMAIL_TAKEN`, `REQUEST_IN_PROGRESS` as `insert` does
   */
  update(user: User, changes: UserChanges): Promise<User>;
  /** Sets a password; false, and nothing is written, when there is no such user or the hash to replace is another by now. */
  setPassword(change: PasswordChange): Promise<boolean>;
  /** Deletes a user that this transaction has locked, with the user's sessions, which are ended; the id is never given again. */
  delete(user: User): Promise<EndedSessions>;
  /**
   * Takes rows in, at most 1000.
   *
   * @throws TandemError `REQUEST_IN_PROGRESS` when another transaction that is not over yet holds what a row needs
   */
  importRows(rows: readonly ImportRow[], onDuplicate: OnDuplicate, limits?: ImportLimits): Promise<ImportedRows>;
}

export interface PasswordChange {
  /** Whose. */
  readonly id: string;
  /** The new password's, in PHC form. */
  readonly hash: string;
  /** The hash that must still stand; undefined: whatever stands. */
  readonly replacing?: string | undefined;
}

export interface ImportLimits {
  /** How long to wait for what another transaction holds. Default: the connection's own bound, 2 s. */
  readonly lockWaitMs?: number;
  /** Users that earlier rows of the same message made or changed in another transaction. */
  readonly touchedIds?: ReadonlySet<string>;
}

export interface ImportedRows {
  /** What became of each row, in their order. */
  readonly outcomes: RowOutcome[];
  /** The users that were made or changed. */
  readonly touchedIds: readonly string[];
  /** Those of them that somebody may have asked for before: but for users made under an id that was made for them now. */
  readonly knownIds: readonly string[];
  readonly ended: EndedSessions;
}

/** A page of the ledger to be read. */
export interface TransferPageQuery {
  readonly filter: TransferFilter;
  /** The last movement of the page before; undefined: from the latest. */
  readonly after: TransferPosition | undefined;
  /** How many movements at most. */
  readonly limit: number;
}

export interface TransferPage {
  readonly transfers: Transfer[];
  /** Where the next page begins; undefined when this was the last. */
  readonly next: TransferPosition | undefined;
}

/** Reads the ledger, latest first; fresh as `UserReader`, and throws what it throws. */
export interface PointsReader {
  /** The movement, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<Transfer | undefined>;
  /** The movement that `caller` made under this id, or undefined. */
  getByRequest(
    request: { readonly caller: string; readonly requestId: string },
    call: StoreCall,
  ): Promise<Transfer | undefined>;
  list(query: TransferPageQuery, call: StoreCall): Promise<TransferPage>;
  count(filter: TransferFilter, call: StoreCall): Promise<bigint>;
}

/** Moves points within a transaction. */
export interface PointsWriter {
  /**
   * Moves points and writes the movement into the ledger. Neither version nor update_time of the users changes. Both
   * users stay locked until the transaction ends, which should therefore be soon.
   *
   * @throws TandemError, the first that holds of: `REQUEST_ID_REUSED` when the ledger knows the caller's request id;
   * `USER_NOT_FOUND`; `USER_INACTIVE`, but for movements from and to the system account; `INSUFFICIENT_POINTS`;
   * `POINTS_OUT_OF_RANGE`
   */
  move(transfer: NewTransfer): Promise<Movement>;
}

/** The unit of work's inside. Nothing of it may be used after the transaction's end. */
export interface UsersTransaction {
  readonly users: UserWriter;
  readonly pendingUsers: PendingUserWriter;
  readonly sessions: SessionWriter;
  readonly points: PointsWriter;
  readonly invalidations: InvalidationWriter;
  readonly jobs: JobWriter;
  readonly answers: AnswerWriter;
}

/** The inside of a unit of work that inserts a user, and does no more. */
export type OneInsertion = Pick<UsersTransaction, 'invalidations'> & { readonly users: Pick<UserWriter, 'insert'> };

/** The inside of a unit of work that moves points, once. */
export type OneMovement = Pick<UsersTransaction, 'invalidations' | 'points'>;

/** Runs `work` in one transaction and commits. */
export type Transact<Tx> = <T extends object>(call: StoreCall, work: (tx: Tx) => Promise<T>) => Promise<T>;

export interface UserStore extends Readers<UserReader> {
  readonly points: Readers<PointsReader>;
  readonly sessions: Readers<SessionReader>;
  /**
   * Runs `work` in one transaction and commits; a throw rolls back. Serialization failures and deadlocks run the whole
   * of `work` again, so it must have no effect but through the transaction.
   *
   * With a claim the record of the call is claimed first, and what `work` returns is stored in it before COMMIT, unless the
   * call is answered later.
   *
   * @throws AnswerRecorded when the call was answered before; AttemptUnfinished when it will be answered later
   * @throws TandemError as readers do; `REQUEST_ID_REUSED`; `REQUEST_IN_PROGRESS` while an attempt with this id, or one
   * that holds what this one needs, is not over; `OUTCOME_UNKNOWN` when COMMIT was not answered and could not be settled
   */
  readonly transaction: Transact<UsersTransaction>;
  /**
   * As `transaction`, for work that writes once. Such work of several calls may be committed together: each has an outcome
   * of its own, and waits no longer than a moment for what another meets.
   */
  readonly insertOne: Transact<OneInsertion>;
  /** The same for movements of points. */
  readonly moveOnce: Transact<OneMovement>;
  readonly records: IdempotencyRecords;
}

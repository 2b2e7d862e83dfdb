import type { InvalidationWriter } from '@tandem/cache';
import { type CallBounds, type Claim, type IdempotencyRecords, type Readers, TandemError } from '@tandem/rpc';
import type { FullPost, Post, PostRevision } from '../domain/post.ts';
import type { SearchedText } from '../domain/search/term-vector.ts';
import type { AuthorWriter, ReservationWriter } from './author-store.ts';
import type { PostChanges } from './post-changes.ts';
import type { PostReader } from './post-reader.ts';
import type { PostSearch } from './post-search.ts';
import type { SearchVocabulary } from './search-vocabulary.ts';

export type {
  EncodedPost,
  EncodedPostReader,
  ListedPost,
  PostCounting,
  PostExport,
  PostListing,
  PostReader,
  PostSelection,
} from './post-reader.ts';
export type {
  Counted,
  PostSearch,
  PreparedSearch,
  SearchHit,
  SearchHits,
  SearchPage,
} from './post-search.ts';

/** What the store needs to know of the call that it works for. `signal` is looked at only where work can take long. */
export interface StoreCall extends CallBounds {
  readonly claim?: Claim | undefined;
  /** The work can be done in pieces: a transaction that the database ended is not run again. Default false. */
  readonly divisible?: boolean;
  /** What the transaction's work wrote that may be cached, to be kept with the recorded reply. Default: nothing. */
  readonly cacheKeys?: () => readonly string[];
}

/** The database ended a transaction by itself, without effect: it lasted too long or held too much. */
export class TransactionEnded extends TandemError {
  constructor(cause: unknown) {
    super(
      'STORE_UNAVAILABLE',
      'This change took longer, or held more, than the database lets one transaction. Send less at once, or try again a little later.',
      { cause },
    );
  }
}

/** Writes within a transaction, or a single time without. */
export interface PostWriter {
  /** The post with its content. */
  find(id: string): Promise<FullPost | undefined>;
  /**
   * Admits the author first, where that was not done.
   *
   * @param options.idIsChosen false: the server has just made the id, and nobody can have asked for it. Default true
   * @throws TandemError `AUTHOR_NOT_FOUND` for an author who has been ended; `ID_TAKEN`: the transaction is then over
   */
  insert(post: FullPost, options?: { readonly idIsChosen?: boolean }): Promise<void>;
  /**
   * As `insert`, for several in one statement.
   *
   * @param options.madeIds those of their ids that the server has just made. Default: none
   */
  insertMany(posts: readonly FullPost[], options?: { readonly madeIds?: ReadonlySet<string> }): Promise<void>;
  /** Which of these ids posts have. */
  findIds(ids: readonly string[]): Promise<Set<string>>;
  /** Those that there are, by id; with content where `contentsOf` names them. */
  findMany(ids: readonly string[], options: { contentsOf: readonly string[] }): Promise<Map<string, Post>>;
  /**
   * Writes what has changed in posts that were found before.
   *
   * @throws TandemError `ETAG_MISMATCH` where one has changed since; never within a transaction that found them
   */
  updateMany(revisions: readonly PostRevision[]): Promise<void>;
  /** Has a post that stays as it is found by search when the work is done, as if it had been written. */
  keep(id: string): void;
  /** @throws TandemError `ETAG_MISMATCH` as `updateMany` */
  delete(post: Post): Promise<void>;
}

/** How a transaction is run. */
export interface TransactionOptions {
  /**
   * The authors whose posts the work makes or deletes, or the post that it changes. Of work for the same ones, one at a
   * time runs in this process: transactions that meet cost each other time. Default none.
   */
  readonly inTurnFor?: readonly string[];
}

/** The unit of work's inside. Nothing of it may be used after the transaction's end. */
export interface PostsTransaction {
  readonly posts: PostWriter;
  readonly authors: AuthorWriter;
  readonly reservations: ReservationWriter;
  readonly invalidations: InvalidationWriter;
}

/** What a single write without a transaction works with: nothing that has to hold together with another statement. */
export interface LoneWriters {
  readonly posts: PostWriter;
  readonly authors: Pick<AuthorWriter, 'admit' | 'deletePosts'>;
  readonly reservations: Pick<ReservationWriter, 'findHeld'>;
  readonly invalidations: InvalidationWriter;
}

/**
 * After how long a write without a transaction has taken effect or never will, in milliseconds, whatever became of who
 * sent it: no statement runs longer than 60 s, the driver sends it a second time where the connection broke, and 10 s more.
 */
export const maxLoneWriteMs = 130_000;

export type { SearchVocabulary } from './search-vocabulary.ts';

/** A post as it was read. */
export type PostVersion = Pick<Post, 'id' | 'version'>;

/**
 * The posts' store: what the service needs of a database. Readers differ in how old their answers may be (`Readers`).
 * Disposing ends its connections.
 */
export interface PostStore extends AsyncDisposable, Readers<PostReader> {
  /** Finds posts by queries. */
  readonly search: PostSearch;
  /** What suggestions and corrections are made of. */
  readonly vocabulary: SearchVocabulary;
  /** The changes of posts in order, from any time or cursor that the database still has. */
  readonly changes: PostChanges;
  /** The answers of calls with a claim, for 24 h. */
  readonly records: IdempotencyRecords;
  /**
   * Analyses texts that are about to be written, so that no transaction waits for it. Never needed: what was not
   * prepared is analysed as it is written.
   */
  prepare(texts: readonly SearchedText[]): Promise<void>;
  /**
   * Takes the words of a post out of the index, by a statement that may take longer than a transaction. No search finds it
   * until the keeper of the statistics indexes it again. A post that has changed since keeps its words.
   */
  unindex(post: PostVersion, call: StoreCall): Promise<void>;
  /**
   * Runs `work` in one transaction and commits; a throw rolls back. When it met another transaction, the whole of `work`
   * runs again, so it must have no effect but through the transaction.
   *
   * With a claim the record of the call is claimed first, and what `work` returns is stored in it before COMMIT.
   *
   * Posts with long texts (`long-text.ts`) are indexed after COMMIT, by statements that may take longer than a
   * transaction, and found when this resolves, or says that the call was answered before (`records` likewise). Whoever is
   * killed in between, or runs out of time, leaves them to the keeper of the statistics, who indexes them within seconds.
   *
   * @throws AnswerRecorded when the call was answered before
   * @throws TandemError as readers do; `REQUEST_ID_REUSED`; `REQUEST_IN_PROGRESS` while an attempt with this id is not
   * over; `OUTCOME_UNKNOWN` when the commit was not answered and could not be settled; `TransactionEnded`
   */
  transaction<T extends object>(
    call: StoreCall,
    work: (tx: PostsTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * Runs `work` without a transaction, once. For a single write: the database makes that whole or not at all, and gives
   * it all the time that the call has. The author's guard is written before, and by itself; what was inserted for an
   * author who was ended meanwhile is taken out again, and refused as `AUTHOR_NOT_FOUND`.
   */
  withoutTransaction<T>(call: StoreCall, work: (writers: LoneWriters) => Promise<T>): Promise<T>;
  /** Resolves when the database answers; for health. */
  probe(signal: AbortSignal): Promise<void>;
}

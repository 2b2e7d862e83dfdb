import type { InvalidationWriter } from '@tandem/cache';
import { type CallBounds, type Claim, type IdempotencyRecords, TandemError } from '@tandem/rpc';
import type { FullPost, Post, PostFilter, PostOrder, PostPosition, PostRevision } from '../domain/post.ts';
import type { PostStats, PostStatsKey } from '../domain/post-stats.ts';
import type { SearchedText } from '../domain/search/term-vector.ts';
import type { AuthorWriter, ReservationWriter } from './author-store.ts';
import type { PostChanges } from './post-changes.ts';
import type { PostSearch } from './post-search.ts';
import type { SearchVocabulary } from './search-vocabulary.ts';

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
}

/** Posts to be read in an order. */
export interface PostListing {
  readonly filter: PostFilter;
  readonly order: PostOrder;
  /** The last post of the page before; undefined: from the beginning. */
  readonly after: PostPosition | undefined;
  /** How many posts at most. */
  readonly limit: number;
  /** Whether to read the content too. */
  readonly withContent: boolean;
}

/** A post and its place in the order that was asked for. */
export interface ListedPost {
  readonly post: Post;
  readonly position: PostPosition;
}

/** Posts to be read by id, in its order. */
export interface PostExport {
  readonly filter: PostFilter;
  /** Only posts with a greater id; undefined: from the beginning. */
  readonly afterId: string | undefined;
  /** How many posts at most. */
  readonly limit: number;
}

/** Posts to be counted. */
export interface PostCounting {
  readonly filter: PostFilter;
  /** What to count by; undefined: not grouped. */
  readonly groupBy: PostStatsKey | undefined;
  /** How many groups at most. */
  readonly topN: number;
}

/** Posts to be read by their ids. */
export interface PostSelection {
  readonly ids: readonly string[];
  /** Whether to read the content too. */
  readonly withContent: boolean;
  /** Whether all must be of one moment. Default false. */
  readonly snapshot?: boolean;
}

/**
 * Reads what is committed, never older than a write that was acknowledged before the call.
 *
 * Every method may throw TandemError `STORE_UNAVAILABLE`, `OVERLOADED` (no connection to be had), `DEADLINE_EXCEEDED`,
 * or the reason of the call's signal; the database then stops working for it.
 */
export interface PostReader {
  /** The post with its content, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<FullPost | undefined>;
  /** Those that there are, each once, in no order, as they come: who stops reading stops the database. */
  select(selection: PostSelection, call: StoreCall): AsyncIterable<Post>;
  /** In the order asked for, as they come: who stops reading stops the database. */
  list(listing: PostListing, call: StoreCall): AsyncIterable<ListedPost>;
  /** With their contents, as of one moment, as they come: who stops reading stops the database. */
  export(wanted: PostExport, call: StoreCall): AsyncIterable<FullPost>;
  count(filter: PostFilter, call: StoreCall): Promise<number>;
  /** As of one moment. */
  stats(counting: PostCounting, call: StoreCall): Promise<PostStats>;
  /** How many bytes the contents of these posts have, by id, without reading them; those that there are. */
  measure(ids: readonly string[], call: StoreCall): Promise<Map<string, number>>;
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
   * @throws TandemError `AUTHOR_NOT_FOUND` for an author who has been ended; `ID_TAKEN`: the transaction is then over
   */
  insert(post: FullPost): Promise<void>;
  /** As `insert`, for several in one statement. */
  insertMany(posts: readonly FullPost[]): Promise<void>;
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

/** What a single write without a transaction can be. */
export interface LoneWriters {
  readonly posts: PostWriter;
  readonly authors: Pick<AuthorWriter, 'admit' | 'deletePosts'>;
  readonly reservations: Pick<ReservationWriter, 'findHeld'>;
}

export type { SearchVocabulary } from './search-vocabulary.ts';

export interface PostStore extends AsyncDisposable {
  readonly reader: PostReader;
  readonly search: PostSearch;
  readonly vocabulary: SearchVocabulary;
  readonly changes: PostChanges;
  readonly records: IdempotencyRecords;
  /**
   * Analyses texts that are about to be written, so that no transaction waits for it. Never needed: what was not
   * prepared is analysed as it is written.
   */
  prepare(texts: readonly SearchedText[]): Promise<void>;
  /**
   * Runs `work` in one transaction and commits; a throw rolls back. When it met another transaction, the whole of `work`
   * runs again, so it must have no effect but through the transaction.
   *
   * With a claim the record of the call is claimed first, and what `work` returns is stored in it before COMMIT.
   *
   * Posts with long texts (`long-text.ts`) are indexed after COMMIT, by statements that may take longer than a
   * transaction, and found when this resolves. Whoever is killed in between, or runs out of time, leaves them to the
   * keeper of the statistics, who indexes them within seconds.
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

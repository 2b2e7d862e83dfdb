/** Keys that still have to go from Redis, on record in the service's database. */
export interface RecordedInvalidation {
  readonly id: string;
  /** `cacheKey`s. */
  readonly keys: readonly string[];
  /** Whether the transaction that it follows is surely over: what is carried out before that has to be again. */
  readonly isDue: boolean;
}

/** A page of what is on record. */
export interface RecordedPage {
  readonly dueOnly: boolean;
  /** The last record of the page before; undefined: from the beginning. */
  readonly afterId: string | undefined;
  /** How many records at most. */
  readonly limit: number;
}

/** What a service has on record (the table or collection `cache_invalidations`); any process of it carries it out. */
export interface InvalidationRecords {
  /** In an order of its own, always the same. */
  read(page: RecordedPage, signal: AbortSignal): Promise<readonly RecordedInvalidation[]>;
  /** Those that are gone already do no harm. */
  remove(ids: readonly string[], signal: AbortSignal): Promise<void>;
}

/** Puts on record within a transaction of the service. */
export interface InvalidationWriter {
  /**
   * @param keys `cacheKey`s; none: nothing is written
   * @param options.dueInMs when what was carried out may leave the record, in milliseconds. Default: at once
   */
  put(keys: readonly string[], options?: { readonly dueInMs?: number }): Promise<void>;
}

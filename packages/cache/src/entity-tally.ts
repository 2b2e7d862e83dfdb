/** What became of the reads of one kind of entity, each counted from the start of the process. */
export interface EntityTally {
  /** Answered from the cache; that there is none of an id counts too. */
  hits: number;
  /** Found nothing in the cache that could be used. */
  misses: number;
  /** Could not ask Redis, or may not read it now. */
  unread: number;
  /** Misses that met a writer, and so did not fill. */
  metWriters: number;
  /** Misses that met another reader's lease, and waited. */
  waits: number;
  /** Filled after a miss. */
  fills: number;
  /** Fills that were refused because a writer, an expiry or an eviction had ended the lease: what was read may be old. */
  refusedFills: number;
  /** Fills of which Redis confirmed nothing. */
  failedFills: number;
}

/** A tally of nothing yet. */
export function createEntityTally(): EntityTally {
  return {
    hits: 0,
    misses: 0,
    unread: 0,
    metWriters: 0,
    waits: 0,
    fills: 0,
    refusedFills: 0,
    failedFills: 0,
  };
}

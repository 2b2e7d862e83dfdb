/** What became of writers' steps, by key, each counted from the start of the process. */
export interface FenceTally {
  /** Marks that Redis confirmed. */
  marks: number;
  /** Marks that it did not: the key is put on record within the transaction. */
  unconfirmedMarks: number;
  /** Settlements that Redis confirmed at the first try. */
  settlements: number;
  /** Settlements that it did not. */
  unconfirmedSettlements: number;
  /** Keys put on record in a transaction of their own. */
  recorded: number;
  /** Keys with neither confirmed, whose reply waited. */
  heldBack: number;
}

/** A tally of nothing yet. */
export function createFenceTally(): FenceTally {
  return {
    marks: 0,
    unconfirmedMarks: 0,
    settlements: 0,
    unconfirmedSettlements: 0,
    recorded: 0,
    heldBack: 0,
  };
}

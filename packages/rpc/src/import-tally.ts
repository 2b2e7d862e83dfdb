const maxFailures = 1_000;

/** A row that was not taken in: a reason of the contract, and why, for a person. */
export interface RowRefusal {
  readonly reason: string;
  readonly message: string;
}

/** What became of a row. */
export type RowOutcome<Refusal extends RowRefusal = RowRefusal> = 'imported' | 'updated' | 'skipped' | Refusal;

/** A refused row, counted from 0 over the whole stream. */
export interface ImportFailure extends RowRefusal {
  readonly row: bigint;
}

/** Counts the outcomes of an import's rows in their order, and keeps the first 1000 failures. */
export class ImportTally {
  imported = 0n;
  updated = 0n;
  skipped = 0n;
  failed = 0n;
  readonly failures: ImportFailure[] = [];
  /** All rows that were counted. */
  rows = 0n;

  add(outcome: RowOutcome): void {
    if (typeof outcome === 'string') this[outcome] += 1n;
    else this.#fail(outcome);
    this.rows += 1n;
  }

  #fail({ reason, message }: RowRefusal): void {
    this.failed += 1n;
    if (this.failures.length < maxFailures) this.failures.push({ row: this.rows, reason, message });
  }
}

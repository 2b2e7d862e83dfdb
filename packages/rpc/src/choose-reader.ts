import { ReadConsistency } from '@tandem/contracts/options';

/** Readers of one kind, by how fresh their answers are. */
export interface Readers<R> {
  /** Never older than a write that was acknowledged before the call. */
  readonly reader: R;
  /** The same, past every cache: of one statement, all is of one moment. */
  readonly strongReader: R;
  /** May lag behind that: reads a replica where there is one. */
  readonly eventualReader: R;
}

/** The reader for the freshness that a request asks for. */
export function chooseReader<R>(readers: Readers<R>, consistency: ReadConsistency): R {
  if (consistency === ReadConsistency.STRONG) return readers.strongReader;
  return consistency === ReadConsistency.EVENTUAL ? readers.eventualReader : readers.reader;
}

import { ReadConsistency } from '@tandem/contracts/options';
import type { Readers } from '../store/store.ts';

/** The reader for the freshness that a request asks for. */
export function chooseReader<R>(readers: Readers<R>, consistency: ReadConsistency): R {
  if (consistency === ReadConsistency.STRONG) return readers.strongReader;
  return consistency === ReadConsistency.EVENTUAL ? readers.eventualReader : readers.reader;
}

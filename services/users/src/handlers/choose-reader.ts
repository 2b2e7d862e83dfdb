import { ReadConsistency } from '@tandem/contracts/options';
import type { Readers } from '../store/store.ts';

/** The reader for the freshness that a request asks for. */
export function chooseReader<R>({ reader, eventualReader }: Readers<R>, consistency: ReadConsistency): R {
  return consistency === ReadConsistency.EVENTUAL ? eventualReader : reader;
}

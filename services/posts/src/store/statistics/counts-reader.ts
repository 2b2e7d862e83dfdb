import type { CallBounds } from '@tandem/rpc';
import { timeLeft } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import { type CountsDocument, readCounts, type StatisticsCollections } from './statistics-collections.ts';

/** The sums as they are kept for some seconds; undefined while nothing was ever counted. */
export type CountsReader = (call: CallBounds) => Promise<CountsDocument | undefined>;

interface Kept {
  readonly until: number;
  readonly counts: Promise<CountsDocument | undefined>;
}

const keptMs = 3_000;

/** One read serves all calls of the next seconds; what was not there, or could not be read, is not kept. */
export function createCountsReader(collections: Pick<StatisticsCollections, 'counts'>): CountsReader {
  let kept: Kept | undefined;
  return (call) => {
    if (kept !== undefined && kept.until > performance.now()) return kept.counts;
    const counts = translating(async () => readCounts(collections, timeLeft(call).maxTimeMS));
    const own = { until: performance.now() + keptMs, counts };
    kept = own;
    const forget = () => {
      if (kept === own) kept = undefined;
    };
    counts.then((found) => (found === undefined ? forget() : undefined), forget);
    return counts;
  };
}

/** A median and an interval round it. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The probability that such an interval holds the true median; below 0.95 where there are fewer than 6 values. */
  readonly coverage: number;
}

/**
 * The median and the narrowest symmetric interval of order statistics that holds the true median with a probability of
 * at least 0.95, whatever the distribution (David and Nagaraja, "Order Statistics", 3rd edition, 7.1). Fewer than 6
 * values cannot reach 0.95: then their whole range, with the coverage that it has.
 *
 * @throws RangeError without values
 */
export function estimateMedian(values: readonly number[]): MedianInterval {
  if (values.length === 0) throw new RangeError('There is no median of no values.');
  const ascending = [...values].sort((left, right) => left - right);
  const { skipped, coverage } = chooseOrderStatistics(ascending.length);
  const at = (index: number): number => ascending[index] ?? Number.NaN;
  return { median: computeMedian(ascending), low: at(skipped), high: at(ascending.length - 1 - skipped), coverage };
}

/** The median of values in any order; NaN of none. */
export function computeMedian(values: readonly number[]): number {
  const ascending = [...values].sort((left, right) => left - right);
  const upper = ascending[Math.floor(ascending.length / 2)] ?? Number.NaN;
  const lower = ascending[Math.ceil(ascending.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** How many values to skip at each end: as many as leave 0.95 of a binomial(count, 1/2) between. */
function chooseOrderStatistics(count: number): { skipped: number; coverage: number } {
  let probability = 0.5 ** count;
  let tail = probability;
  let skipped = 0;
  for (;;) {
    const next = (probability * (count - skipped)) / (skipped + 1);
    if (1 - 2 * (tail + next) < 0.95) return { skipped, coverage: Math.max(0, 1 - 2 * tail) };
    probability = next;
    tail += next;
    skipped += 1;
  }
}

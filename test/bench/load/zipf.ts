/** YCSB's default skew (Cooper et al., "Benchmarking cloud serving systems with YCSB", 2010). */
export const ZIPF_EXPONENT = 0.99;

/**
 * Draws ranks 0 … size - 1, rank k with a probability in proportion to 1 / (k + 1)^exponent.
 *
 * @param random numbers in [0, 1)
 */
export function createZipf({
  size,
  exponent = ZIPF_EXPONENT,
  random,
}: {
  size: number;
  exponent?: number;
  random: () => number;
}): () => number {
  const cumulative = accumulateWeights(size, exponent);
  const total = cumulative[size - 1] ?? 0;
  return () => findFirstAbove(cumulative, random() * total);
}

function accumulateWeights(size: number, exponent: number): Float64Array {
  const cumulative = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank++) {
    sum += (rank + 1) ** -exponent;
    cumulative[rank] = sum;
  }
  return cumulative;
}

function findFirstAbove(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

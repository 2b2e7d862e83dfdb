/** YCSB's default skew (Cooper et al., "Benchmarking cloud serving systems with YCSB", 2010). */
export const ZIPF_EXPONENT = 0.99;

export interface Zipf {
  readonly size: number;
  /** Default `ZIPF_EXPONENT`. */
  readonly exponent?: number;
  /** Mandelbrot's: flattens the first ranks. Default 0. */
  readonly shift?: number;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** Draws ranks 0 … size - 1, rank k with a probability in proportion to 1 / (k + 1 + shift)^exponent. */
export function createZipf({ size, exponent = ZIPF_EXPONENT, shift = 0, random }: Zipf): () => number {
  const cumulative = accumulateWeights({ size, exponent, shift });
  const total = cumulative[size - 1] ?? 0;
  return () => findFirstAbove(cumulative, random() * total);
}

function accumulateWeights({ size, exponent, shift }: Required<Omit<Zipf, 'random'>>): Float64Array {
  const cumulative = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank++) {
    sum += (rank + 1 + shift) ** -exponent;
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

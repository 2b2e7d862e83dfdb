/** Chance that repeats: the same seed gives the same run, so that a failure can be looked at. */
export interface Random {
  /** From 0 to below 1. */
  fraction(): number;
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Up to `maxLength` bytes. */
  bytes(maxLength: number): Uint8Array;
  /** A few letters. */
  word(): string;
}

/** Mulberry32 (public domain, Tommy Ettinger): 32 bits of state are plenty for tests and benchmarks. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    chance: (probability) => fraction() < probability,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    bytes: (maxLength) => Uint8Array.from({ length: below(maxLength + 1) }, () => below(256)),
    word: () => Array.from({ length: 1 + below(8) }, () => 'abcdefgh'[below(8)]).join(''),
  };
}

/** The ways to a store that were tried in vain, one phrase each, for a person to read. */
export interface Attempts {
  /** Nothing was there. */
  readonly absent: string[];
  /** Something was there that would not do: worth a word even when another way worked. */
  readonly unfit: string[];
}

/** A new, empty list. */
export function newAttempts(): Attempts {
  return { absent: [], unfit: [] };
}

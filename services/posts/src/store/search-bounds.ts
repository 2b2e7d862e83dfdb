/** How much one call looks at; then a page goes on at the next, however little it has. */
export interface SearchBounds {
  /** Posts in the order of their times. */
  readonly maxScanned: number;
  /** Texts that are looked into for phrases. */
  readonly maxTexts: number;
}

export const searchBounds: SearchBounds = { maxScanned: 20_000, maxTexts: 500 };

/** How much one call looks at; then a page goes on at the next, however little it has. */
export interface SearchBounds {
  /** Posts in the order of their times. */
  readonly maxScanned: number;
  /** Texts that are looked into for phrases and beginnings. */
  readonly maxTexts: number;
  /** Texts that are looked into before posts are put in order, where a word's beginning adds to scores. */
  readonly maxSettled: number;
  /** A filter that leaves more posts does not lead, unless nothing else can: then the newest of its posts are looked at. */
  readonly maxFiltered: number;
}

export const searchBounds: SearchBounds = { maxScanned: 20_000, maxTexts: 500, maxSettled: 100, maxFiltered: 20_000 };

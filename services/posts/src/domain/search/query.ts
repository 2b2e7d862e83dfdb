/** A part of a query. */
export interface Clause {
  /** Posts that match it are left out. */
  readonly excluded: boolean;
  /** Where it must match; undefined: anywhere. */
  readonly field: 'title' | 'tag' | 'author' | undefined;
  readonly kind: 'word' | 'phrase' | 'prefix';
  /** As written, without the signs that make it what it is; of an author the id in lower case. */
  readonly text: string;
}

/** What a query says, in order. */
export type Query = readonly Clause[];

/** What the text index is given of a text. */
export interface TermLimits {
  /** Of different ones. */
  readonly maxTerms: number;
  /** In UTF-8. */
  readonly maxBytes: number;
}

/** Terms separated by blanks. Where that is too much, each term once, and of them the first. */
export function joinTerms(terms: readonly string[], { maxTerms, maxBytes }: TermLimits): string {
  const all = terms.join(' ');
  const isWithin = Buffer.byteLength(all) <= maxBytes && (terms.length <= maxTerms || new Set(terms).size <= maxTerms);
  if (isWithin) return all;
  let bytes = -1;
  const first: string[] = [];
  for (const term of new Set(terms)) {
    bytes += 1 + Buffer.byteLength(term);
    if (bytes > maxBytes || first.length === maxTerms) break;
    first.push(term);
  }
  return first.join(' ');
}

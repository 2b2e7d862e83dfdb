/**
 * Terms separated by blanks, in at most so many bytes of UTF-8. Where that is too little, each term once, and of them the
 * first.
 */
export function joinTerms(terms: readonly string[], maxBytes: number): string {
  const all = terms.join(' ');
  if (Buffer.byteLength(all) <= maxBytes) return all;
  let bytes = -1;
  const first: string[] = [];
  for (const term of new Set(terms)) {
    bytes += 1 + Buffer.byteLength(term);
    if (bytes > maxBytes) break;
    first.push(term);
  }
  return first.join(' ');
}

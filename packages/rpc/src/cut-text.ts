/**
 * `text` in at most `maxBytes` bytes of UTF-8 and without lone surrogates (which no status can carry); what is cut ends
 * in `…`.
 */
export function cutText(text: string, maxBytes: number): string {
  const wellFormed = text.toWellFormed();
  if (Buffer.byteLength(wellFormed) <= maxBytes) return wellFormed;
  const ellipsis = '…';
  let room = maxBytes - Buffer.byteLength(ellipsis);
  let cut = '';
  for (const character of wellFormed) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    cut += character;
  }
  return cut + ellipsis;
}

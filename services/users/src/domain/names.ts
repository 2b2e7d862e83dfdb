import { fold, hasVisibleCharacter } from '@tandem/text';

/** More does not fit into an index entry of PostgreSQL beside the id (a third of a page of 8 KiB). */
const maxFoldedBytes = 2_400;

/**
 * The form of a name that orders and prefixes compare. Cut after 2,400 bytes of UTF-8, which only names reach that grow
 * threefold by folding (200 ligatures such as U+FDFA): beyond that the id decides.
 */
export function foldName(name: string): string {
  return cutToBytes(fold(name), maxFoldedBytes);
}

/** What is wrong with a name beyond the rules of the schema; undefined when nothing is. */
export function checkName(name: string): string | undefined {
  return hasVisibleCharacter(name) ? undefined : 'needs at least one visible character';
}

function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let length = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    length += character.length;
  }
  return text.slice(0, length);
}

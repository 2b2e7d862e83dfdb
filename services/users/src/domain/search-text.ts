/** Longer folded names are cut, in characters: a lexeme of PostgreSQL holds 2,046 bytes. */
const maxNameLength = 500;

/**
 * ` njane ndoe ejane ed e2 eexample eorg `: the words of a folded name (n) and of an e-mail (e), each after a blank. The
 * same as the database makes (`user_search_text`) for writers that do not bring it.
 */
export function makeSearchText({ nameFolded, email }: { nameFolded: string; email: string }): string {
  const name = cutToCharacters(nameFolded, maxNameLength).replace(/[^\p{L}\p{N}]+/gu, ' n');
  const address = email.toLowerCase().replace(/[^a-z0-9]+/g, ' e');
  return ` n${name} e${address} `;
}

function cutToCharacters(text: string, max: number): string {
  return text.length <= max ? text : Array.from(text).slice(0, max).join('');
}

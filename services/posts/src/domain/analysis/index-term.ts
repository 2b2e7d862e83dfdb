/** Longer terms are cut, and told apart by a digest of the whole. */
const maxTermUnits = 64;
const keptUnits = 44;

/** Small letters and digits, and most of Chinese, Japanese and Korean: nothing of it is unsafe. */
const plain = /^[a-z0-9\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+$/;
/** What the text index would part a word at or drop from it; and `_`, by which the others are written. */
const unsafe = /[^\p{L}\p{N}]|\p{Diacritic}/gu;

/**
 * A folded word as a term: of letters, digits and `_` only, so that MongoDB's text index takes it for one word, whatever
 * is in it. Different words have different terms.
 */
export function toIndexTerm(folded: string): string {
  if (folded.length <= maxTermUnits && plain.test(folded)) return folded;
  const cut =
    folded.length <= maxTermUnits
      ? folded
      : `${folded.slice(0, keptUnits).toWellFormed()}${hashTerm(folded).toString(36)}${hashTerm(`${folded}.`).toString(36)}`;
  return escapeTerm(cut);
}

function escapeTerm(text: string): string {
  return plain.test(text)
    ? text
    : text.replace(unsafe, (character) => `_${(character.codePointAt(0) ?? 0).toString(36)}_`);
}

const tagMark = '_t_';

/** The term of a whole tag, case and accents ignored; no word has it. */
export function toTagTerm(foldedTag: string): string {
  return toIndexTerm(foldedTag).replace(/^/, tagMark);
}

/** 32 bits of a term: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv) with the last mixing of MurmurHash3. */
export function hashTerm(term: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < term.length; index += 1) {
    const unit = term.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Letters whose stroke or shape is no combining mark, so that nothing would fall off them (contract page, Text). */
const plainLetters: Readonly<Record<string, string>> = {
  ς: 'σ',
  ß: 'ss',
  ł: 'l',
  ø: 'o',
  đ: 'd',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ı: 'i',
  '’': "'",
};
const lettersWithoutMarks = new RegExp(`[${Object.keys(plainLetters).join('')}]`, 'g');
const marks = /\p{M}+/gu;
const onlyAscii = /^[\0-\x7f]*$/;

/**
 * The form under which "case and accents ignored" compares text, the same in both services: NFKC, full lower case with
 * ς = σ, marks (`\p{M}`) dropped, and the letters that have no marks to drop spelled out (`ß` as `ss`, `ł` as `l`, …).
 *
 * - Stable: folding what is folded changes nothing.
 * - The result is in NFC, so that Korean stays in syllables: `하` is no start of `한`.
 * - May be longer than the text (`ﬁ`, `ß`) or empty (marks alone); it says nothing about what is visible.
 * - A lone surrogate counts as U+FFFD. Never throws.
 *
 * Forms and properties: Unicode Standard Annex 15 (normalization) and the Unicode Character Database.
 */
export function fold(text: string): string {
  if (onlyAscii.test(text)) return text.toLowerCase();
  return text
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(marks, '')
    .replace(lettersWithoutMarks, (letter) => plainLetters[letter] ?? letter)
    .normalize('NFC');
}

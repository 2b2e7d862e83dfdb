import { fold } from '@tandem/text';
import stemmers from 'snowball-stemmers';

/** Stems are kept: a word takes 12 µs, and texts repeat theirs. */
const maxKept = 50_000;
const kept = new Map<string, string>();
const diacritics = /\p{Diacritic}/gu;
const stemmer = stemmers.newStemmer('english');

/**
 * The form under which MongoDB's English text index keeps a word: lower case, Snowball's English stem
 * (https://snowballstem.org/algorithms/english/stemmer.html), then folded and without what Unicode calls diacritics,
 * which are more than marks: the `ー` of `東京タワー` is one.
 */
export function stemEnglish(word: string): string {
  const found = kept.get(word);
  if (found !== undefined) return found;
  if (kept.size >= maxKept) kept.clear();
  const stem = foldTerm(stemmer.stem(word.toLowerCase()));
  kept.set(word, stem);
  return stem;
}

/** A term of the index, to be compared with stems: the server folds less than `fold` does. */
export function foldTerm(term: string): string {
  return fold(term).replace(diacritics, '');
}

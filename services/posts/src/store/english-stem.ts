import { fold } from '@tandem/text';
import stemmers from 'snowball-stemmers';

/** Stems are kept: a word takes 12 µs, and texts repeat theirs. */
const maxKept = 50_000;
const kept = new Map<string, string>();
const stemmer = stemmers.newStemmer('english');

/**
 * The form under which MongoDB's English text index keeps a word: lower case, Snowball's English stem
 * (https://snowballstem.org/algorithms/english/stemmer.html), then folded.
 */
export function stemEnglish(word: string): string {
  const found = kept.get(word);
  if (found !== undefined) return found;
  if (kept.size >= maxKept) kept.clear();
  const stem = fold(stemmer.stem(word.toLowerCase()));
  kept.set(word, stem);
  return stem;
}

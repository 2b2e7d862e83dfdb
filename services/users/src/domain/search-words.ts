import { fold, words } from '@tandem/text';

/** The store keeps the first 500 characters of folded names, and longer words with them. */
const maxWordLength = 500;

/**
 * What a query asks for: its words, folded, each once, in their order. Everything between words separates, so that an
 * e-mail address is the words that it consists of. Empty where the query has no word, which nobody matches.
 */
export function readSearchWords(query: string): string[] {
  const found = words(fold(query)).map(({ text }) => Array.from(text).slice(0, maxWordLength).join(''));
  return [...new Set(found)];
}

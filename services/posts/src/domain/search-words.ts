import { type Word, words } from '@tandem/text';

/** Between two letters these join them to one word, as in `o'clock` and `snake_case`. */
const joiners = new Set(["'", '_']);

/**
 * The words of a text or a query, in order. In a query, what is between them is dropped, so that no quote or minus acts
 * as an operator of the engine.
 */
export function readSearchWords(text: string): Word[] {
  const joined: Word[] = [];
  for (const word of words(text)) {
    const last = joined.at(-1);
    if (last !== undefined && word.start === last.end + 1 && joiners.has(text.charAt(last.end))) {
      joined[joined.length - 1] = { text: text.slice(last.start, word.end), start: last.start, end: word.end };
    } else joined.push(word);
  }
  return joined;
}

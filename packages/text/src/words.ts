/** A word and where it stands: `[start, end)` in UTF-16 code units of the text. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const wordPattern = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

/**
 * The words of `text` in order, as they stand (not folded): runs of letters, digits and the marks on them. Everything
 * else separates. Scripts that write without spaces come as one run.
 */
export function words(text: string): Word[] {
  return Array.from(text.matchAll(wordPattern), ({ 0: word, index }) => ({
    text: word,
    start: index,
    end: index + word.length,
  }));
}

import { analysePost, encodeTermVector, type SearchedText } from './term-vector.ts';

/** What a post is found by. */
export interface IndexedText {
  /** Terms, separated by blanks. */
  readonly title: string;
  readonly tags: string;
  readonly content: string;
  /** In words that are no stop words. */
  readonly titleLength: number;
  readonly contentLength: number;
  /** The terms as ranking reads them. */
  readonly vector: Uint8Array<ArrayBuffer>;
}

/** A text of one word after another takes 20 µs a word: long ones are no work for the thread that answers calls. */
export function indexText(text: SearchedText): IndexedText {
  const { title, tags, content, titleLength, contentLength } = analysePost(text);
  return {
    title: title.join(' '),
    tags: tags.join(' '),
    content: joinWithin(content, maxContentBytes),
    titleLength,
    contentLength,
    vector: encodeTermVector({ title, tags, content, titleLength, contentLength }),
  };
}

/**
 * A document may have 16 MiB, and a change of it is told with what was before. A MiB of Chinese comes to 3.8; more has
 * only what is made for it, as of letters that stand for a whole sentence each.
 */
const maxContentBytes = 4 * 1024 * 1024;

/** Where there is too much, each term once and the first of them only; the vector has all. */
function joinWithin(terms: readonly string[], maxBytes: number): string {
  const all = terms.join(' ');
  if (Buffer.byteLength(all) <= maxBytes) return all;
  let bytes = 0;
  const first = [...new Set(terms)].filter((term) => {
    bytes += Buffer.byteLength(term) + 1;
    return bytes <= maxBytes;
  });
  return first.join(' ');
}

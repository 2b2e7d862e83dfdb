import { joinTerms } from './join-terms.ts';
import { analysePost, encodeTermVector, type SearchedText } from './term-vector.ts';

/**
 * A document may have 16 MiB, and a change of it is told with what was before. A MiB of Chinese comes to 3.8; more has
 * only what is made for it, as of characters that stand for a whole sentence each. One statement changes all terms, at
 * 200 bytes each, and MongoDB comes to no end where that is more than a tenth of its cache, which has 256 MiB at least. A
 * MiB of prose has fewer different ones. The vector has all.
 */
const contentLimits = { maxBytes: 4 * 1024 * 1024, maxTerms: 100_000 };

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
    content: joinTerms(content, contentLimits),
    titleLength,
    contentLength,
    vector: encodeTermVector({ title, tags, content, titleLength, contentLength }),
  };
}

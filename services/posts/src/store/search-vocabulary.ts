import type { CallBounds } from '@tandem/rpc';

/** A completion of what is being typed. */
export interface Suggestion {
  readonly kind: 'title' | 'term' | 'tag';
  readonly text: string;
  /** The post whose title it is. */
  readonly postId: string | undefined;
}

/** The words, tags and titles of the published posts. Throws as readers do. */
export interface SearchVocabulary {
  /**
   * Titles (as of now), words and tags (up to 30 s old) that begin with the whole prefix, case and accents ignored, blanks
   * before it and all but one of several left out: the kinds by turns, titles in the order of their folded letters, words
   * and tags of most published posts first, at most `limit`.
   */
  suggest(prefix: string, limit: number, call: CallBounds): Promise<Suggestion[]>;
  /**
   * By each of the words (folded) that no post has in any form, the nearest that published posts have, where one is near:
   * one edit or swap of neighbours away, in words of 8 letters and more two. At most so many words as a person mistypes.
   *
   * @param languages in which the words are analysed
   */
  findCorrections(
    words: readonly string[],
    languages: readonly string[],
    call: CallBounds,
  ): Promise<Map<string, string>>;
}

import { Binary } from 'mongodb';
import { analysisVersion } from '../domain/analysis/analyse-text.ts';
import type { IndexedText } from '../domain/search/index-text.ts';

/** What a post's document carries for search. */
export interface SearchFields {
  /** Terms, separated by blanks: what the text index lies over. */
  search: {
    /** `analysisVersion` of the analyser that made these fields. */
    version: number;
    title: string;
    tags: string;
    content: string;
    /** In words that are no stop words. */
    title_length: number;
    content_length: number;
  };
  /**
   * The terms as ranking reads them: `domain/search/term-vector.ts`. A post without it is found by no search: its text
   * is newer than `search`, or was never indexed.
   */
  vector: Binary;
}

/** The fields that follow from a post's text. */
export function toSearchFields({ vector, titleLength, contentLength, ...terms }: IndexedText): SearchFields {
  return {
    search: { version: analysisVersion, ...terms, title_length: titleLength, content_length: contentLength },
    vector: new Binary(vector),
  };
}

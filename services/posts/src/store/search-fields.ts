import { Binary } from 'mongodb';
import { analysisVersion } from '../domain/analysis/analyse-text.ts';
import { analysePost, encodeTermVector, type SearchedText } from '../domain/search/term-vector.ts';

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
  /** The terms as ranking reads them: `domain/search/term-vector.ts`. */
  vector: Binary;
}

/** The fields that follow from a post's text, written with it by the same statement. */
export function toSearchFields(post: SearchedText): SearchFields {
  const analysed = analysePost(post);
  return {
    search: {
      version: analysisVersion,
      title: analysed.title.join(' '),
      tags: analysed.tags.join(' '),
      content: analysed.content.join(' '),
      title_length: analysed.titleLength,
      content_length: analysed.contentLength,
    },
    vector: new Binary(encodeTermVector(analysed)),
  };
}

import { fold } from '@tandem/text';
import { analyseText, countWords, type Token } from '../analysis/analyse-text.ts';
import { toTagTerm } from '../analysis/index-term.ts';
import { toTagId, toWordId } from './vocabulary-entry.ts';

/** What the statistics look at in a post. */
export interface CountedPost {
  readonly title: string;
  readonly tags: readonly string[];
  readonly content: string;
  readonly language: string;
  readonly published: boolean;
}

/** What one post counts for. The same for the same post, so that it can be taken away again. */
export interface PostCounts {
  readonly language: string;
  readonly published: boolean;
  /** In words that are no stop words. */
  readonly titleLength: number;
  readonly contentLength: number;
  readonly terms: ReadonlySet<string>;
  /** Ids of vocabulary entries. */
  readonly words: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
}

/** A post of one word after another would count for more than a transaction holds; no text has so many. */
const maxTerms = 5_000;
const maxWords = 2_000;

export function countPost({ title, tags, content, language, published }: CountedPost): PostCounts {
  const [titleTokens, contentTokens] = [analyseText(title, language), analyseText(content, language)];
  const fields = [
    { text: title, tokens: titleTokens },
    ...tags.map((text) => ({ text, tokens: analyseText(text, language) })),
    { text: content, tokens: contentTokens },
  ];
  const terms = new Set(tags.map((tag) => toTagTerm(fold(tag))));
  const words = new Set<string>();
  for (const { text, tokens } of fields) collectTokens(text, tokens, { terms, words });
  return {
    language,
    published,
    titleLength: countWords(titleTokens),
    contentLength: countWords(contentTokens),
    terms,
    words,
    tags: new Set(tags.map(toTagId).filter((id) => id !== undefined)),
  };
}

function collectTokens(
  text: string,
  tokens: readonly Token[],
  { terms, words }: { terms: Set<string>; words: Set<string> },
): void {
  for (const { term, start, end, kind } of tokens) {
    if (terms.size < maxTerms) terms.add(term);
    if (kind === 'variant' || kind === 'single' || words.size >= maxWords) continue;
    const id = toWordId(text.slice(start, end));
    if (id !== undefined) words.add(id);
  }
}

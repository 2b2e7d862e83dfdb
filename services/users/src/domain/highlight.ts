import { foldWithOffsets, isInsideCharacter, maxSnippetUnits, type Span, words } from '@tandem/text';

/** A part of a text that matched; all numbers in UTF-16 code units. */
export interface TextHighlight {
  /** The text's own characters. */
  readonly snippet: string;
  /** Where the snippet begins in the text. */
  readonly offset: number;
  /** What matched, ascending and apart; `start` counts from the snippet's beginning. */
  readonly spans: { readonly start: number; readonly length: number }[];
}

/** Shows where words of `text` begin with one of the folded words; undefined where none does. */
export function highlightWords(text: string, searchWords: readonly string[]): TextHighlight | undefined {
  const matches = findMatches(text, searchWords);
  const [first] = matches;
  if (first === undefined) return undefined;
  const { start, end } = chooseSnippet(text, first);
  const inside = matches.filter((match) => match.start < end);
  return {
    snippet: text.slice(start, end),
    offset: start,
    spans: inside.map((match) => ({ start: match.start - start, length: Math.min(match.end, end) - match.start })),
  };
}

/** Two matches may come from one character (`㎧` is `m∕s`) and are then one. */
function findMatches(text: string, searchWords: readonly string[]): Span[] {
  const { folded, sourceSpan } = foldWithOffsets(text);
  const matches: Span[] = [];
  for (const word of words(folded)) {
    const length = longestStart(word.text, searchWords);
    if (length === 0) continue;
    const { start, end } = sourceSpan({ start: word.start, end: word.start + length });
    const last = matches.at(-1);
    if (last !== undefined && start < last.end) matches.splice(-1, 1, { start: last.start, end });
    else matches.push({ start, end });
  }
  return matches;
}

function longestStart(word: string, searchWords: readonly string[]): number {
  return searchWords.reduce(
    (longest, start) => (word.startsWith(start) ? Math.max(longest, start.length) : longest),
    0,
  );
}

/** The whole text where it is short; else from its beginning if that shows the first match, else from the match on. */
function chooseSnippet(text: string, first: Span): Span {
  if (text.length <= maxSnippetUnits) return { start: 0, end: text.length };
  const start = first.end <= maxSnippetUnits ? 0 : first.start;
  let end = Math.min(text.length, start + maxSnippetUnits);
  while (end > start && isInsideCharacter(text, end)) end -= 1;
  return { start, end };
}

import { fold } from '@tandem/text';
import { findTokens } from '../analysis/analyse-text.ts';
import { readExactWords } from '../analysis/read-exact-words.ts';
import type { TextMatch } from '../highlight.ts';
import type { CompiledQuery } from './compile-query.ts';
import { findPhrase } from './phrase.ts';

/** What of a text matches a query: its words in any form, its phrases, words that begin as it says. */
export type MatchFinder = (text: string) => TextMatch[];

/** Finds matches in the title, or in the content, of posts of the language that the query was compiled for. */
export function createMatchFinder(
  query: CompiledQuery,
  { field, language }: { field: 'title' | 'content'; language: string },
): MatchFinder {
  const counts = ({ inTitle }: { inTitle: boolean }) => field === 'title' || !inTitle;
  const terms = new Map(
    query.marked.filter(counts).flatMap((group) => group.terms.map((term) => [term, group.terms[0]])),
  );
  const begun = query.beginnings.filter(counts);
  const prefixes = begun.filter(({ isOpen }) => isOpen).flatMap(({ words }) => words);
  const phrases = [...query.phrases.filter(counts), ...begun.filter(({ isOpen }) => !isOpen)];
  const beginnings = new Set([...terms.keys(), ...prefixes].map((text) => text.charAt(0)));
  return (text) => {
    const matches: TextMatch[] = [];
    for (const { term, start, end, kind } of beginnings.size > 0 ? findTokens(text, language, beginnings) : []) {
      const isWritten = kind === 'word' || kind === 'signed';
      const found = terms.get(term) ?? (isWritten ? findPrefix(text.slice(start, end), prefixes) : undefined);
      if (found !== undefined) matches.push({ start, end, term: found });
    }
    const words = phrases.length > 0 ? [...readExactWords(text)] : [];
    for (const [index, phrase] of phrases.entries()) {
      for (const span of findPhrase(words, phrase)) matches.push({ ...span, term: `"${index}` });
    }
    return joinOverlapping(matches);
  };
}

function findPrefix(word: string, prefixes: readonly string[]): string | undefined {
  if (prefixes.length === 0) return undefined;
  const folded = fold(word);
  return prefixes.find((prefix) => folded.startsWith(prefix));
}

/** A joined word and its parts, or pairs of characters that share one, are one match. */
function joinOverlapping(matches: TextMatch[]): TextMatch[] {
  const joined: TextMatch[] = [];
  for (const match of matches.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = joined.at(-1);
    if (last === undefined || match.start >= last.end) joined.push(match);
    else joined[joined.length - 1] = { ...last, end: Math.max(last.end, match.end) };
  }
  return joined;
}

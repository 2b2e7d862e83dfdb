import { type ExactWord, readExactWords } from '../analysis/read-exact-words.ts';
import { printQuery } from './print-query.ts';
import type { Clause, Query } from './query.ts';

/** Of one character there is nothing to mistype, and Chinese comes by characters. */
const minCharacters = 2;

/** The words of a query that posts should have: folded, each once; those of tags and beginnings are no whole words. */
export function listQueryWords(query: Query): string[] {
  return [...new Set(query.flatMap((clause) => readClauseWords(clause).map(({ text }) => text)))];
}

/** The query with these words replaced; undefined when it has none of them. */
export function correctQuery(query: Query, corrections: ReadonlyMap<string, string>): string | undefined {
  const corrected = query.map((clause) => correctClause(clause, corrections));
  return corrected.some((clause, index) => clause !== query[index]) ? printQuery(corrected) : undefined;
}

function readClauseWords({ excluded, field, kind, text }: Clause): ExactWord[] {
  if (excluded || kind === 'prefix' || field === 'tag' || field === 'author') return [];
  return [...readExactWords(text)].filter((word) => [...word.text].length >= minCharacters);
}

function correctClause(clause: Clause, corrections: ReadonlyMap<string, string>): Clause {
  const wrong = readClauseWords(clause).filter(({ text }) => corrections.has(text));
  if (wrong.length === 0) return clause;
  let text = clause.text;
  for (const { text: word, start, end } of wrong.reverse()) {
    text = `${text.slice(0, start)}${corrections.get(word)}${text.slice(end)}`;
  }
  return { ...clause, text };
}

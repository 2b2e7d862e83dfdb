import { isInsideCharacter, maxSnippetUnits } from '@tandem/text';
import type { TextRange } from './analysis/split-ranges.ts';

/** A part of a text that matched; all numbers in UTF-16 code units. */
export interface TextHighlight {
  /** The text's own characters. */
  readonly snippet: string;
  /** Where the snippet begins in the text. */
  readonly offset: number;
  /** What matched, ascending; `start` counts from the snippet's beginning. */
  readonly spans: readonly { readonly start: number; readonly length: number }[];
}

/** One more term of the query in a window is worth more than any number of matches. */
const termWorth = 1_000;

/** What of a text matches; ascending, and none within another. */
export interface TextMatch {
  readonly start: number;
  readonly end: number;
  /** What of the query it matches. */
  readonly term: string;
}

/** A highlight, and how good it is beside others of the same text. */
export interface RatedHighlight {
  readonly highlight: TextHighlight;
  /** First by how much of the query is in it. */
  readonly score: number;
}

/**
 * The part of the range where most of the query stands closest, with all matches in it and what of the text surrounds
 * it; undefined when nothing in the range matches.
 *
 * @param findMatches the matches in a part of the text
 */
export function highlightText(
  text: string,
  findMatches: (part: string) => readonly TextMatch[],
  range: TextRange = { start: 0, end: text.length },
): RatedHighlight | undefined {
  const matches = findMatches(text.slice(range.start, range.end)).map(({ start, end, term }) => ({
    start: range.start + start,
    end: range.start + end,
    term,
  }));
  const best = findBestWindow(matches);
  if (best === undefined) return undefined;
  const { start, end } = widen(text, best, matches);
  const inside = matches.filter((match) => match.start >= start && match.start < end);
  const spans = inside.map((match) => ({ start: match.start - start, length: Math.min(match.end, end) - match.start }));
  const highlight = { snippet: text.slice(start, end), offset: start, spans };
  return { highlight, score: best.score };
}

interface Window {
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** Different terms count more than one term often; the first of equals wins. */
function findBestWindow(matches: readonly TextMatch[]): Window | undefined {
  const counts = new Map<string, number>();
  let best: Window | undefined;
  let end = 0;
  let next = 0;
  for (const [index, first] of matches.entries()) {
    for (let match = matches[next]; match && (next === index || fits(first, match)); match = matches[next]) {
      counts.set(match.term, (counts.get(match.term) ?? 0) + 1);
      end = match.end;
      next += 1;
    }
    const score = counts.size * termWorth + Math.min(next - index, termWorth - 1);
    if (best === undefined || score > best.score) best = { start: first.start, end, score };
    forget(counts, first.term);
  }
  return best;
}

function fits(first: TextMatch, last: TextMatch): boolean {
  return last.end - first.start <= maxSnippetUnits;
}

function forget(counts: Map<string, number>, term: string): void {
  const left = (counts.get(term) ?? 0) - 1;
  if (left > 0) counts.set(term, left);
  else counts.delete(term);
}

/** Surroundings on both sides up to the snippet's size, between words where there are blanks; no match is parted. */
function widen(text: string, { start, end }: Window, matches: readonly TextMatch[]): TextRange {
  const spare = maxSnippetUnits - Math.min(maxSnippetUnits, end - start);
  const before = Math.min(start, Math.max(spare >> 1, spare - (text.length - end)));
  const begun = snapStart(text, { wanted: start - before, limit: start });
  const from = findParted(matches, begun)?.end ?? begun;
  const to = snapEnd(text, { wanted: Math.min(text.length, from + maxSnippetUnits), limit: Math.max(end, from + 1) });
  const parted = findParted(matches, to);
  // One that is longer than a snippet is cut all the same.
  return { start: from, end: parted !== undefined && parted.start >= end ? parted.start : to };
}

/** The match that a cut there would part. */
function findParted(matches: readonly TextMatch[], at: number): TextMatch | undefined {
  return matches.find(({ start, end }) => start < at && at < end);
}

/** The next beginning of a word at or after `wanted`, else the next whole character. */
function snapStart(text: string, { wanted, limit }: { wanted: number; limit: number }): number {
  if (wanted <= 0) return 0;
  for (let at = wanted; at <= limit; at += 1) if (/\s/.test(text.charAt(at - 1))) return at;
  let at = wanted;
  while (at < limit && isInsideCharacter(text, at)) at += 1;
  return at;
}

/** The last end of a word at or before `wanted`, else the last whole character. */
function snapEnd(text: string, { wanted, limit }: { wanted: number; limit: number }): number {
  if (wanted >= text.length) return text.length;
  for (let at = wanted; at >= limit; at -= 1) if (/\s/.test(text.charAt(at))) return at;
  let at = wanted;
  while (at > 0 && isInsideCharacter(text, at)) at -= 1;
  return at;
}

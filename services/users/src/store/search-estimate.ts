import { type MatchKind, matchKinds } from '../domain/user-search.ts';

/** What a sample of the table tells: about how many users there are of each. */
export interface SearchEstimate {
  /** Those that the filter lets through and that match by all words in this way. */
  readonly matches: Readonly<Record<MatchKind, number>>;
  /** By word: those that the word alone matches in this way. Not all words of a long query are looked at. */
  readonly terms: ReadonlyMap<string, Readonly<Record<MatchKind, number>>>;
}

/** More matches than this are not ranked by place, but told apart by kind: to rank means to read them all. */
export const maxRanked = 5_000;
/** The index tells the users of a word that this many have in about 10 ms; it is read for rarer words only. */
const rareBelow = 10_000;
const maxIndexedTerms = 8;

/** Whether it is cheaper to go through the users by id until a page is full than to fetch all that match. */
export function isCommon(estimate: SearchEstimate, kind: MatchKind): boolean {
  return estimate.matches[kind] > maxRanked;
}

/**
 * What to ask of the index of words for this kind, as a `tsquery`: the rare words, or else the rarest. Users that it
 * finds must still be checked for the others.
 */
export function toIndexQuery({ terms }: SearchEstimate, kind: MatchKind): string {
  const byRarity = [...terms].sort(([, a], [, b]) => a[kind] - b[kind]);
  const rare = byRarity.filter(([, counts], index) => index === 0 || counts[kind] <= rareBelow);
  return rare
    .slice(0, maxIndexedTerms)
    .map(([word]) => toTerm(word, kind))
    .join(' & ');
}

/** Words are letters and digits only, and need no escapes. */
function toTerm(word: string, kind: MatchKind): string {
  const end = kind.startsWith('start') ? ':*' : '';
  return kind.endsWith('in name') ? `'n${word}'${end}` : `('n${word}'${end} | 'e${word}'${end})`;
}

/** What `search_text` must be LIKE for a word to match; `_` is either field. */
export function toPattern(word: string, kind: MatchKind): string {
  const field = kind.endsWith('in name') ? 'n' : '_';
  return kind.startsWith('start') ? `% ${field}${word}%` : `% ${field}${word} %`;
}

/** The same for all words of a query. */
export function toPatterns(words: readonly string[], kind: MatchKind): string[] {
  return words.map((word) => toPattern(word, kind));
}

/** A value for each kind. */
export function forEachKind<T>(make: (kind: MatchKind, index: number) => T): Record<MatchKind, T> {
  return Object.fromEntries(matchKinds.map((kind, index) => [kind, make(kind, index)])) as Record<MatchKind, T>;
}

import { fold } from '@tandem/text';
import { analyseText, type Token } from '../analysis/analyse-text.ts';
import { hashTerm, toTagTerm } from '../analysis/index-term.ts';
import { type Phrase, toPhrase } from './phrase.ts';
import { beginsSurely, readBeginning } from './word-beginning.ts';

/** What a word of a query says that gives a beginning only. */
export interface GroupBeginning {
  /** A post that has none of the sure terms is held against this. */
  readonly phrase: Phrase;
  /** Of the hashes, those of terms that no other words have. */
  readonly sureHashes: readonly number[];
  /** Whether a post must have all of the terms. */
  readonly needsAll: boolean;
  /** Whether a post must have it. */
  readonly isRequired: boolean;
}

/** One word of a query in one language: a post has it that has any of its terms. */
export interface WordGroup {
  readonly terms: readonly string[];
  /** `hashTerm` of each term. */
  readonly hashes: readonly number[];
  /** Whether it counts in the title only. */
  readonly inTitle: boolean;
  readonly isStop: boolean;
  /** What it adds to a score counts so many times. */
  readonly weight: number;
  /** It adds to the score of what matches without it, and finds nothing by itself. */
  readonly isBonus: boolean;
  /** Where the query gives a beginning, and the terms alone do not say whether a post has it. */
  readonly beginning?: GroupBeginning;
}

/** A joined word as written is worth a little more than its parts, which are scored already. */
const joinedWeight = 0.1;

interface GroupOptions {
  readonly language: string;
  readonly inTitle?: boolean;
}

/** The words of a part of a query. Of Chinese, Japanese and Korean those of two characters, where there are two. */
export function groupWords(text: string, { language, inTitle = false }: GroupOptions): WordGroup[] {
  const groups: WordGroup[] = [];
  for (const tokens of byPosition(analyseText(text, language))) {
    const joined = tokens.find(({ kind }) => kind === 'joined');
    if (joined !== undefined) groups.push(toGroup([joined], { inTitle, weight: joinedWeight, isBonus: true }));
    const signed = tokens.find(({ kind, end }) => kind === 'signed' && end !== joined?.end);
    const best = signed === undefined ? tokens.filter(({ kind }) => kind !== 'joined' && kind !== 'signed') : [signed];
    if (best.length > 0) groups.push(toGroup(best, { inTitle }));
  }
  return groups;
}

/** The tokens of each position, without the single characters that are in a pair. */
function byPosition(tokens: readonly Token[]): Token[][] {
  const positions = new Map<number, Token[]>();
  let paired = 0;
  for (const token of tokens) {
    if (token.kind === 'pair') paired = token.end;
    const there = positions.get(token.position) ?? [];
    positions.set(token.position, token.kind === 'single' && token.end <= paired ? there : [...there, token]);
  }
  return [...positions.values()].map((there) =>
    there.some(({ kind }) => kind === 'pair') ? there.filter(({ kind }) => kind !== 'single') : there,
  );
}

function toGroup(
  tokens: readonly Token[],
  { inTitle, weight = 1, isBonus = false }: { inTitle: boolean; weight?: number; isBonus?: boolean },
): WordGroup {
  const terms = [...new Set(tokens.map(({ term }) => term))];
  const isStop = tokens.every((token) => token.isStop);
  return { terms, hashes: terms.map(hashTerm), inTitle, isStop, weight, isBonus };
}

/** The posts with this tag, case and accents ignored. */
export function groupTag(tag: string): WordGroup {
  const term = toTagTerm(fold(tag));
  return { terms: [term], hashes: [hashTerm(term)], inTitle: false, isStop: false, weight: 1, isBonus: false };
}

interface BeginningOptions extends GroupOptions {
  readonly isRequired: boolean;
  /** The terms of words that begin so. */
  readonly expand: (beginning: string) => readonly string[];
}

/** The words of a part of a query of which the last is only begun. */
export function groupBeginning(text: string, options: BeginningOptions): WordGroup[] {
  const { language, inTitle = false, isRequired, expand } = options;
  const { head, text: start, isRun } = readBeginning(text);
  const [whole, own] = [groupWords(head, options), groupWords(start, options)];
  if (isRun && own.length === 1) return [...whole, ...own];
  const terms = [...new Set([...own.flatMap((group) => group.terms), ...(isRun ? [] : expand(start))])];
  const sure = isRun ? [] : terms.filter((term) => beginsSurely(term, start, language));
  const phrase = isRun ? toPhrase(start, { inTitle, isOpen: false }) : { words: [start], inTitle, isOpen: true };
  const beginning = { phrase, sureHashes: sure.map(hashTerm), needsAll: isRun, isRequired };
  const plain = { hashes: terms.map(hashTerm), inTitle, isStop: false, weight: 1, isBonus: false };
  return terms.length === 0 ? whole : [...whole, { ...plain, terms, beginning }];
}

import type { CompiledQuery } from './compile-query.ts';
import type { Phrase } from './phrase.ts';
import { findTerm, readLengths, type TermCounts, type TermVector } from './term-vector.ts';
import type { WordGroup } from './word-groups.ts';

/** What ranking knows of all posts. */
export interface RankingFigures {
  readonly posts: number;
  readonly averageTitleLength: number;
  readonly averageContentLength: number;
  /** How many posts have a term. */
  readonly frequencies: ReadonlyMap<string, number>;
}

/*
 * BM25F: Robertson, Zaragoza, Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004), with each field's
 * length normalised by itself, and the rarity of a term as Lucene has it, which is never negative.
 */
const k1 = 1.5;
const b = 0.6;
const titleWeight = 3;
const tagWeight = 2;

interface WeighedGroup {
  readonly group: WordGroup;
  readonly terms: readonly { readonly hash: number; readonly rarity: number }[];
}

/** A beginning that a post has by terms that other words have as well: its text says whether it has such a word. */
export interface UnsureMatch {
  readonly phrase: Phrase;
  readonly isRequired: boolean;
  /** What it adds to the score where the text has it. */
  readonly value: number;
}

export interface PostScore {
  /** Of what is sure. */
  readonly sure: number;
  /** Whether the post matches by what is sure. */
  readonly matches: boolean;
  readonly unsure: readonly UnsureMatch[];
}

/** The score of a post, or undefined where its words do not match. */
export type PostScorer = (vector: TermVector) => PostScore | undefined;

/**
 * Phrases are not looked at: those need the text.
 *
 * @param options.matchesAll whether a post matches, by a score of 0, where the query has no words; default false
 */
export function createScorer(
  query: CompiledQuery,
  figures: RankingFigures,
  { matchesAll = false }: { matchesAll?: boolean } = {},
): PostScorer {
  const weigh = (group: WordGroup): WeighedGroup => ({
    group,
    terms: group.terms.map((term, index) => ({
      hash: group.hashes[index] ?? 0,
      rarity: rarityOf(figures.frequencies.get(term) ?? 0, figures.posts),
    })),
  });
  const scoring = query.scoring.map(weigh);
  return (vector) => {
    if (!query.required.every((group) => hasGroup(vector, group))) return undefined;
    if (query.excluded.some((groups) => groups.every((group) => hasGroup(vector, group)))) return undefined;
    const weights = weighFields(vector, figures);
    let [sure, found] = [0, matchesAll || query.required.length > 0];
    const unsure: UnsureMatch[] = [];
    for (const weighed of scoring) {
      const { isBonus, beginning } = weighed.group;
      const value = scoreGroup(vector, weighed, weights);
      if (value === 0) continue;
      if (beginning === undefined || hasSureTerm(vector, weighed.group)) {
        sure += value;
        found ||= !isBonus;
      } else unsure.push({ phrase: beginning.phrase, isRequired: beginning.isRequired, value });
    }
    if (!found && unsure.length === 0) return undefined;
    return { sure, matches: found && !unsure.some(({ isRequired }) => isRequired), unsure };
  };
}

/** The score of a post by what its text says of what is not sure, or undefined where it does not match then. */
export function settleScore(
  { sure, matches, unsure }: PostScore,
  has: (phrase: Phrase) => boolean,
): number | undefined {
  const confirmed = unsure.filter(({ phrase }) => has(phrase));
  if (unsure.some((match) => match.isRequired && !confirmed.includes(match))) return undefined;
  if (!matches && confirmed.length === 0) return undefined;
  return confirmed.reduce((sum, { value }) => sum + value, sure);
}

/** Whether a post has the word, or may have it. */
export function hasGroup(vector: TermVector, { hashes, inTitle, beginning }: WordGroup): boolean {
  const has = (hash: number) => hasTerm(vector, { hash, inTitle });
  return beginning?.needsAll ? hashes.every(has) : hashes.some(has);
}

function hasSureTerm(vector: TermVector, { inTitle, beginning }: WordGroup): boolean {
  return beginning?.sureHashes.some((hash) => hasTerm(vector, { hash, inTitle })) ?? false;
}

function hasTerm(vector: TermVector, { hash, inTitle }: { hash: number; inTitle: boolean }): boolean {
  const counts = findTerm(vector, hash);
  return counts !== undefined && (!inTitle || counts.title > 0);
}

/** What one more of a term in a field of a post is worth. */
type FieldWeights = Readonly<TermCounts>;

function weighFields(vector: TermVector, { averageTitleLength, averageContentLength }: RankingFigures): FieldWeights {
  const { title, content } = readLengths(vector);
  return {
    title: titleWeight / normalise(title, averageTitleLength),
    tags: tagWeight,
    content: 1 / normalise(content, averageContentLength),
  };
}

function normalise(length: number, average: number): number {
  return average > 0 ? 1 - b + (b * length) / average : 1;
}

/** Of the terms that a word is found by, the best counts: they stand for one word. Unsure ones only where there is no other. */
function scoreGroup(vector: TermVector, { group, terms }: WeighedGroup, weights: FieldWeights): number {
  const { weight, beginning } = group;
  if (beginning?.needsAll && !hasGroup(vector, group)) return 0;
  const isSure = beginning !== undefined && hasSureTerm(vector, group);
  let best = 0;
  for (const { hash, rarity } of terms) {
    if (isSure && !beginning.sureHashes.includes(hash)) continue;
    const counts = findTerm(vector, hash);
    if (counts !== undefined) best = Math.max(best, rarity * measure(counts, weights));
  }
  return best * weight;
}

function measure(counts: TermCounts, weights: FieldWeights): number {
  const weight = counts.title * weights.title + counts.tags * weights.tags + counts.content * weights.content;
  return (weight * (k1 + 1)) / (weight + k1);
}

function rarityOf(frequency: number, posts: number): number {
  const known = Math.max(posts, frequency);
  return Math.log(1 + (known - frequency + 0.5) / (frequency + 0.5));
}

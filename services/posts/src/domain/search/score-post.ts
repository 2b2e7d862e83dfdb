import type { CompiledQuery } from './compile-query.ts';
import type { TermCounts, TermVector } from './term-vector.ts';
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
  /** Of each term. */
  readonly rarities: readonly number[];
}

/** The score of a post, or undefined where its words do not match. */
export type PostScorer = (vector: TermVector) => number | undefined;

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
    rarities: group.terms.map((term) => rarityOf(figures.frequencies.get(term) ?? 0, figures.posts)),
  });
  const scoring = query.scoring.map(weigh);
  return (vector) => {
    if (!query.required.every((group) => hasGroup(vector, group))) return undefined;
    if (query.excluded.some((groups) => groups.every((group) => hasGroup(vector, group)))) return undefined;
    const measure = createMeasure(vector, figures);
    let [score, found] = [0, matchesAll || query.required.length > 0];
    for (const weighed of scoring) {
      const value = scoreGroup(vector, weighed, measure);
      score += value;
      found ||= value > 0 && !weighed.group.isBonus;
    }
    return found ? score : undefined;
  };
}

export function hasGroup(vector: TermVector, { hashes, inTitle }: WordGroup): boolean {
  return hashes.some((hash) => {
    const counts = vector.find(hash);
    return counts !== undefined && (!inTitle || counts.title > 0);
  });
}

/** Of the terms that a word is found by, the best counts: they stand for one word. */
function scoreGroup(
  vector: TermVector,
  { group, rarities }: WeighedGroup,
  measure: (counts: TermCounts) => number,
): number {
  let best = 0;
  for (const [index, hash] of group.hashes.entries()) {
    const counts = vector.find(hash);
    if (counts !== undefined) best = Math.max(best, (rarities[index] ?? 0) * measure(counts));
  }
  return best * group.weight;
}

function rarityOf(frequency: number, posts: number): number {
  const known = Math.max(posts, frequency);
  return Math.log(1 + (known - frequency + 0.5) / (frequency + 0.5));
}

function createMeasure(vector: TermVector, figures: RankingFigures): (counts: TermCounts) => number {
  const title = titleWeight / normalise(vector.titleLength, figures.averageTitleLength);
  const content = 1 / normalise(vector.contentLength, figures.averageContentLength);
  return (counts) => {
    const weight = counts.title * title + counts.tags * tagWeight + counts.content * content;
    return (weight * (k1 + 1)) / (weight + k1);
  };
}

function normalise(length: number, average: number): number {
  return average > 0 ? 1 - b + (b * length) / average : 1;
}

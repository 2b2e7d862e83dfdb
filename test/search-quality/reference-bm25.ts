import { stopwords } from '@orama/stopwords/english';
import stemmers from 'snowball-stemmers';
import type { CollectionDocument, CollectionQuery } from './collection.ts';
import type { Ranking } from './measures.ts';

/** A ranking by BM25 over the whole collection in memory, in steps that can be left out. */
export interface ReferenceSteps {
  readonly k1: number;
  readonly b: number;
  /** Whether words are stemmed (Porter2). */
  readonly stems: boolean;
  /** Whether words that say little are left out. */
  readonly stops: boolean;
  /** What a word in the title counts beside one in the content, lengths by field; 1 joins the two. */
  readonly titleWeight: number;
  /** Whether a word that the query repeats counts as often. */
  readonly repeats: boolean;
}

type Counts = readonly [title: number, content: number];

/** Finds documents that have a word; without one, all are looked at. */
export type FindByWord = (word: string) => Promise<readonly string[]>;

/** Written for comparison: it shares nothing with the service. */
export function createReference(
  documents: readonly CollectionDocument[],
  steps: ReferenceSteps,
  findByWord?: FindByWord,
): Ranking {
  const read = createReader(steps);
  const postings = new Map<string, Map<number, Counts>>();
  const lengths = documents.map(({ title, content }, index): Counts => {
    const fields =
      steps.titleWeight === 1 ? [[], read.terms(`${title} ${content}`)] : [read.terms(title), read.terms(content)];
    for (const [field, words] of fields.entries()) {
      for (const word of words) count(postings, { word, index, field });
    }
    return [fields[0]?.length ?? 0, fields[1]?.length ?? 0];
  });
  const averages: Counts = [mean(lengths.map(([title]) => title)), mean(lengths.map(([, content]) => content))];
  return async ({ text }: CollectionQuery) => {
    const candidates = findByWord && (await gather(read.words(text), findByWord));
    const scores = new Map<number, number>();
    for (const [word, times] of countWords(read.terms(text))) {
      const found = postings.get(word) ?? new Map<number, Counts>();
      const rarity = Math.log(1 + (documents.length - found.size + 0.5) / (found.size + 0.5));
      for (const [index, counts] of found) {
        if (candidates?.has(documents[index]?.id ?? '') === false) continue;
        const weight = weigh({ counts, lengths: lengths[index] ?? [0, 0], averages }, steps);
        const score = (rarity * weight * (steps.k1 + 1)) / (weight + steps.k1);
        scores.set(index, (scores.get(index) ?? 0) + score * (steps.repeats ? times : 1));
      }
    }
    const best = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 100);
    return best.map(([index]) => documents[index]?.id ?? '');
  };
}

async function gather(words: readonly string[], findByWord: FindByWord): Promise<Set<string>> {
  const found = new Set<string>();
  for (const word of new Set(words)) for (const id of await findByWord(word)) found.add(id);
  return found;
}

interface Reader {
  /** As they stand, without those that are left out. */
  words(text: string): string[];
  terms(text: string): string[];
}

function createReader({ stems, stops }: ReferenceSteps): Reader {
  const stemmer = stemmers.newStemmer('english');
  const stopWords = new Set(stops ? stopwords : []);
  const words = (text: string) => (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).filter((word) => !stopWords.has(word));
  return { words, terms: (text) => words(text).map((word) => (stems ? stemmer.stem(word) : word)) };
}

function count(
  postings: Map<string, Map<number, Counts>>,
  { word, index, field }: { word: string; index: number; field: number },
): void {
  const found = postings.get(word) ?? new Map<number, Counts>();
  const [title, content] = found.get(index) ?? [0, 0];
  postings.set(word, found.set(index, field === 0 ? [title + 1, content] : [title, content + 1]));
}

function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function weigh(
  { counts, lengths, averages }: { counts: Counts; lengths: Counts; averages: Counts },
  { b, titleWeight }: ReferenceSteps,
): number {
  const parts = counts.map((times, field) => {
    const average = averages[field] ?? 0;
    const norm = average > 0 ? 1 - b + (b * (lengths[field] ?? 0)) / average : 1;
    return (times * (field === 0 ? titleWeight : 1)) / norm;
  });
  return parts.reduce((sum, part) => sum + part, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

import type { CallBounds } from '@tandem/rpc';
import { BSON } from 'mongodb';
import { analyseWord } from '../domain/analysis/analyse-word.ts';
import { readEntry } from '../domain/vocabulary/vocabulary-entry.ts';
import type { ReadJointly } from './joint-reads.ts';
import type { SearchStatistics, TermStatistics } from './search-statistics.ts';
import type { CountsReader } from './statistics/counts-reader.ts';
import { findEntries } from './statistics/find-entries.ts';
import { generationMark, type StatisticsCollections, withoutMark } from './statistics/statistics-collections.ts';

export interface StatisticsSources {
  readonly collections: StatisticsCollections;
  readonly readCounts: CountsReader;
  readonly readJointly: ReadJointly;
}

const unknown: TermStatistics = { posts: 0, averageTitleLength: 0, averageContentLength: 0, frequencies: new Map() };

/** A term of this many words is enough to be sure of `limit` others; words share their terms. */
const wordsPerTerm = 3;

/** Statistics as the keeper has counted them; before the first count they know of no post. */
export function createSearchStatistics(sources: StatisticsSources): SearchStatistics {
  const { collections, readCounts } = sources;
  const readFrequencies = createFrequencyReader(sources);
  return {
    async read(terms, call) {
      const counts = await readCounts(call);
      if (counts === undefined) return unknown;
      const { posts, title_length, content_length, generation, sequence } = counts;
      return {
        posts,
        averageTitleLength: posts > 0 ? title_length / posts : 0,
        averageContentLength: posts > 0 ? content_length / posts : 0,
        frequencies: await readFrequencies({ terms, generation, sequence }, call),
      };
    },
    async expandPrefix(prefix, limit, call) {
      const counts = await readCounts(call);
      if (counts === undefined) return { terms: [], isCut: false };
      const search = { kind: 'word', start: prefix, limit: limit * wordsPerTerm } as const;
      const words = await findEntries(collections, { ...search, generation: counts.generation }, call);
      const isFull = words.length === search.limit;
      const all = words
        .sort((a, b) => b.posts - a.posts)
        .flatMap(({ _id, languages }) => termsOf(readEntry(withoutMark(_id)).text, Object.keys(languages)));
      const terms = [...new Set(all)];
      return { terms: terms.slice(0, limit), isCut: isFull || terms.length > limit };
    },
  };
}

/** A word is in the index under its terms in each language that it stands in. */
function termsOf(word: string, languages: readonly string[]): string[] {
  return languages.flatMap((language) => analyseWord(word, language).terms);
}

interface FrequencyRead {
  readonly terms: readonly string[];
  readonly generation: number;
  readonly sequence: number;
}

/** Frequencies are kept as long as the sums that they go with. */
function createFrequencyReader({ collections, readJointly }: StatisticsSources) {
  const collection = collections.terms.collectionName;
  const maxKept = 20_000;
  const kept = new Map<string, number>();
  let keptOf = -1;
  return async ({ terms, generation, sequence }: FrequencyRead, call: CallBounds): Promise<Map<string, number>> => {
    if (keptOf !== sequence || kept.size > maxKept) kept.clear();
    keptOf = sequence;
    const mark = generationMark(generation);
    const missing = terms.filter((term) => !kept.has(term));
    if (missing.length === 0) return pick(kept, terms);
    const ids = missing.map((term) => `${mark}${term}`);
    const pipeline = [{ $match: { _id: { $in: ids } } }];
    const found = await readJointly({ collection, pipeline, limit: ids.length }, call);
    const frequencies = new Map(missing.map((term) => [term, 0]));
    for (const { _id, posts } of found.map((bytes) => BSON.deserialize(bytes)))
      frequencies.set(withoutMark(_id), posts);
    const read = new Map([...pick(kept, terms), ...frequencies]);
    if (keptOf === sequence) for (const [term, posts] of frequencies) kept.set(term, posts);
    return read;
  };
}

function pick(kept: ReadonlyMap<string, number>, terms: readonly string[]): Map<string, number> {
  return new Map(terms.flatMap((term) => (kept.has(term) ? [[term, kept.get(term) ?? 0] as const] : [])));
}

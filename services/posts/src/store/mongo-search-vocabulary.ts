import type { CallBounds } from '@tandem/rpc';
import { fold, foldedPrefixRange } from '@tandem/text';
import type { Collection } from 'mongodb';
import { analyseWord } from '../domain/analysis/analyse-word.ts';
import { readEntry } from '../domain/vocabulary/vocabulary-entry.ts';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { SearchStatistics } from './search-statistics.ts';
import type { SearchVocabulary, Suggestion } from './search-vocabulary.ts';
import type { CountsReader } from './statistics/counts-reader.ts';
import { type FoundEntry, findEntries } from './statistics/find-entries.ts';
import { findNearestWord } from './statistics/find-nearest-word.ts';
import { findUnknownWords } from './statistics/find-unknown-words.ts';
import { type StatisticsCollections, withoutMark } from './statistics/statistics-collections.ts';

/** More are read than asked for: some are stop words, some the same word with other accents. */
const spareWords = 30;
/** So many posts may share a title before the others are looked for behind it. */
const maxSameTitles = 5;

/** A query with more words that nobody has is in a language that nobody writes in. */
const maxCorrected = 5;

export interface VocabularySources {
  readonly collections: StatisticsCollections;
  readonly statistics: SearchStatistics;
  readonly readCounts: CountsReader;
}

export function createSearchVocabulary({ collections, statistics, readCounts }: VocabularySources): SearchVocabulary {
  return {
    async suggest(typed, limit, call) {
      const prefix = typed.trimStart().replace(/\s+/g, ' ');
      if (fold(prefix) === '') return [];
      const counts = await readCounts(call);
      const [titles, words, tags] = await Promise.all([
        suggestTitles(collections.posts, { prefix, limit }, call),
        counts === undefined ? [] : suggestWords(collections, { prefix, limit, generation: counts.generation }, call),
        counts === undefined ? [] : suggestTags(collections, { prefix, limit, generation: counts.generation }, call),
      ]);
      return interleave([titles, words, tags]).slice(0, limit);
    },
    async findCorrections(words, languages, call) {
      const counts = await readCounts(call);
      if (counts === undefined || words.length === 0) return new Map();
      const search = { words, languages, limit: maxCorrected };
      const unknown = await findUnknownWords({ posts: collections.posts, statistics }, search, call);
      const corrections = new Map<string, string>();
      for (const word of unknown) {
        const nearest = await findNearestWord(collections, { word, generation: counts.generation }, call);
        if (nearest !== undefined && nearest !== word) corrections.set(word, nearest);
      }
      return corrections;
    },
  };
}

interface Typed {
  readonly prefix: string;
  readonly limit: number;
}

/** In the order of the titles, each title once, whichever post has it. */
async function suggestTitles(
  posts: Collection<PostDocument>,
  { prefix, limit }: Typed,
  call: CallBounds,
): Promise<Suggestion[]> {
  const { from, before } = foldedPrefixRange(prefix);
  const end = before === undefined ? {} : { $lt: before };
  const found = new Map<string, Suggestion>();
  for (let range: object = { $gte: from }, reads = 0; found.size < limit && reads < maxSameTitles; reads += 1) {
    const page = await translating(() =>
      posts
        .find(
          { published: true, title_folded: { ...range, ...end } },
          {
            projection: { title: 1, title_folded: 1 },
            sort: { title_folded: 1, _id: 1 },
            limit,
            hint: 'posts_published_by_title_folded',
            ...timeLeft(call),
          },
        )
        .toArray(),
    );
    for (const { _id, title, title_folded } of page) {
      if (!found.has(title_folded)) found.set(title_folded, { kind: 'title', text: title, postId: _id });
    }
    if (page.length < limit) break;
    range = { $gt: page.at(-1)?.title_folded };
  }
  return [...found.values()].slice(0, limit);
}

type Counted = Typed & { readonly generation: number };

async function suggestWords(collections: StatisticsCollections, typed: Counted, call: CallBounds) {
  const { prefix, limit, generation } = typed;
  const search = { kind: 'word', start: prefix, limit: limit + spareWords, generation } as const;
  const found = published(await findEntries(collections, search, call));
  const byFolded = new Map<string, Suggestion>();
  for (const { _id, languages } of found) {
    const { text, folded } = readEntry(withoutMark(_id));
    if (byFolded.has(folded) || isStopWord(text, Object.keys(languages))) continue;
    byFolded.set(folded, { kind: 'term', text, postId: undefined });
  }
  return [...byFolded.values()].slice(0, limit);
}

async function suggestTags(collections: StatisticsCollections, typed: Counted, call: CallBounds) {
  const { prefix, limit, generation } = typed;
  const found = published(await findEntries(collections, { kind: 'tag', start: prefix, limit, generation }, call));
  return found.map(({ _id }): Suggestion => {
    return { kind: 'tag', text: readEntry(withoutMark(_id)).text, postId: undefined };
  });
}

/** Those of published posts, most first, shorter ones before longer ones. */
function published(found: readonly FoundEntry[]): FoundEntry[] {
  return found
    .filter((entry) => entry.published > 0)
    .sort((a, b) => b.published - a.published || a._id.length - b._id.length || (a._id < b._id ? -1 : 1));
}

/** Nobody types to the end of what says little in every language that it stands in. */
function isStopWord(word: string, languages: readonly string[]): boolean {
  return languages.length > 0 && languages.every((language) => analyseWord(word, language).isStop);
}

/** The first of each, then the second of each, … */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat();
}

import type { CallBounds } from '@tandem/rpc';
import { fold } from '@tandem/text';
import {
  maxIndexedStart,
  readEntry,
  startKey,
  toIdRange,
  type VocabularyEntry,
} from '../../domain/vocabulary/vocabulary-entry.ts';
import { timeLeft } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import {
  type EntryDocument,
  generationMark,
  type StatisticsCollections,
  withoutMark,
} from './statistics-collections.ts';

export interface EntrySearch {
  readonly kind: VocabularyEntry['kind'];
  /** As typed; case and accents ignored. */
  readonly start: string;
  readonly limit: number;
  readonly generation: number;
}

export type FoundEntry = Omit<EntryDocument, 'keys'>;

const projection = { keys: 0 } as const;
/** So many entries of a longer beginning are looked at, and as many of the commonest where it has more. */
export const maxLooked = 1_000;

/**
 * The entries with a beginning that most published posts have, those of most first but for a rounding (`rank`). A short
 * beginning is a key of an index in that order; a longer one is read as a range and sorted. Of a longer one that more
 * than `maxLooked` have, the first of the range compete with those of the commonest with its short beginning.
 */
export async function findEntries(
  { entries }: Pick<StatisticsCollections, 'entries'>,
  { kind, start, limit, generation }: EntrySearch,
  call: CallBounds,
): Promise<FoundEntry[]> {
  const folded = fold(start);
  if (folded === '') return [];
  const mark = generationMark(generation);
  const characters = [...folded];
  const key = `${mark}${startKey(kind, characters.slice(0, maxIndexedStart).join(''))}`;
  const findCommonest = (most: number) =>
    entries
      .find<FoundEntry>({ keys: key }, { projection, sort: { rank: -1 }, limit: most, ...timeLeft(call) })
      .toArray();
  if (characters.length <= maxIndexedStart) return translating(() => findCommonest(limit));
  const { from, before } = toIdRange(kind, start);
  const match = { _id: { $gte: `${mark}${from}`, $lt: `${mark}${before}` } };
  return translating(async () => {
    const first = await entries.find<FoundEntry>(match, { projection, limit: maxLooked, ...timeLeft(call) }).toArray();
    const others = first.length < maxLooked ? [] : await findCommonest(maxLooked);
    const common = others.filter(({ _id }) => readEntry(withoutMark(_id)).folded.startsWith(folded));
    const found = new Map([...first, ...common].map((entry) => [entry._id, entry]));
    return [...found.values()].sort((a, b) => b.rank - a.rank).slice(0, limit);
  });
}

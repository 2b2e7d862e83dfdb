import type { CallBounds } from '@tandem/rpc';
import { fold } from '@tandem/text';
import {
  maxIndexedStart,
  startKey,
  toIdRange,
  type VocabularyEntry,
} from '../../domain/vocabulary/vocabulary-entry.ts';
import { timeLeft } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import { type EntryDocument, generationMark, type StatisticsCollections } from './statistics-collections.ts';

export interface EntrySearch {
  readonly kind: VocabularyEntry['kind'];
  /** As typed; case and accents ignored. */
  readonly start: string;
  readonly limit: number;
  readonly generation: number;
}

export type FoundEntry = Omit<EntryDocument, 'keys'>;

const projection = { keys: 0 } as const;

/**
 * The entries with a beginning that most published posts have, those of most first but for a rounding (`rank`). A short
 * beginning is a key of an index in that order; a longer one has few entries, which are read as a range and sorted.
 */
export async function findEntries(
  { entries }: Pick<StatisticsCollections, 'entries'>,
  { kind, start, limit, generation }: EntrySearch,
  call: CallBounds,
): Promise<FoundEntry[]> {
  const folded = fold(start);
  if (folded === '') return [];
  const mark = generationMark(generation);
  const { from, before } = toIdRange(kind, start);
  const isShort = [...folded].length <= maxIndexedStart;
  const match = isShort
    ? { keys: `${mark}${startKey(kind, folded)}` }
    : { _id: { $gte: `${mark}${from}`, $lt: `${mark}${before}` } };
  return translating(() =>
    entries.find<FoundEntry>(match, { projection, sort: { rank: -1 }, limit, ...timeLeft(call) }).toArray(),
  );
}

import type { CallBounds } from '@tandem/rpc';
import { fold } from '@tandem/text';
import { countEdits, editsOf, listSwaps } from '../../domain/vocabulary/near-words.ts';
import { foldedKey, readEntry, toWordId } from '../../domain/vocabulary/vocabulary-entry.ts';
import { type Edits, nearKeys } from '../../domain/vocabulary/word-segments.ts';
import { timeLeft } from '../mongo-bounds.ts';
import { translating } from '../mongo-errors.ts';
import {
  type EntryDocument,
  generationMark,
  type StatisticsCollections,
  withoutMark,
} from './statistics-collections.ts';

export interface NearestSearch {
  readonly word: string;
  readonly generation: number;
}

/** So many of the commonest are looked at for a set of keys: what is nearest is then common as well. */
const maxCandidates = 2_000;
/** The server walks so many keys side by side in the order of `rank`; more it would sort. */
const keysPerRead = 100;
const maxLetters = 32;
/** A joined word would be read as several, or as a field's. */
const onlyWord = /^[\p{L}\p{N}]+$/u;

interface Candidate {
  readonly folded: string;
  readonly published: number;
}

/**
 * The word that published posts have with the fewest edits, of several the commonest; undefined when none is near. Its
 * candidates share a segment with it (word-segments.ts), or with it and two neighbours swapped.
 */
export async function findNearestWord(
  collections: Pick<StatisticsCollections, 'entries'>,
  { word, generation }: NearestSearch,
  call: CallBounds,
): Promise<string | undefined> {
  const folded = fold(word);
  const letters = [...folded].length;
  if (letters < 2 || letters > maxLetters) return undefined;
  const search = { entries: collections.entries, mark: generationMark(generation), call };
  const swaps = listSwaps(folded);
  const one = [...(await findWords(search, [folded, ...swaps])), ...(await findByKeys(search, nearKeys(folded, 1)))];
  const near = pickNearest(folded, one, 1);
  if (near !== undefined || editsOf(folded) === 1) return near;
  const twice = swaps.flatMap(listSwaps);
  const two = [
    ...(await findWords(search, [...new Set(twice)])),
    ...(await findByKeys(search, nearKeys(folded, 2))),
    ...(await findByKeys(search, [...new Set(swaps.flatMap((swap) => nearKeys(swap, 1)))])),
  ];
  return pickNearest(folded, two, 2);
}

interface Search extends Pick<StatisticsCollections, 'entries'> {
  readonly mark: string;
  readonly call: CallBounds;
}

const projection = { published: 1 } as const;

async function findWords({ entries, mark, call }: Search, words: readonly string[]): Promise<Candidate[]> {
  const ids = words.flatMap((word) => toWordId(word) ?? []).map((id) => `${mark}${id}`);
  const accented = words.map((word) => `${mark}${foldedKey(word)}`);
  const match = { $or: [{ _id: { $in: ids } }, { keys: { $in: accented } }], published: { $gt: 0 } };
  const found = await translating(() => entries.find(match, { projection, ...timeLeft(call) }).toArray());
  return found.map(toCandidate);
}

async function findByKeys({ entries, mark, call }: Search, keys: readonly string[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (let begin = 0; begin < keys.length; begin += keysPerRead) {
    const some = keys.slice(begin, begin + keysPerRead).map((key) => `${mark}${key}`);
    const match = { keys: { $in: some }, rank: { $gt: 0 } };
    const options = { projection, sort: { rank: -1 }, limit: maxCandidates, batchSize: maxCandidates } as const;
    const found = await translating(() => entries.find(match, { ...options, ...timeLeft(call) }).toArray());
    candidates.push(...found.map(toCandidate));
  }
  return candidates;
}

function toCandidate({ _id, published }: Pick<EntryDocument, '_id' | 'published'>): Candidate {
  return { folded: readEntry(withoutMark(_id)).folded, published };
}

function pickNearest(folded: string, candidates: readonly Candidate[], maxEdits: Edits): string | undefined {
  const near = candidates
    .map((candidate) => ({ ...candidate, edits: countEdits(folded, candidate.folded) }))
    .filter(({ edits, folded: other }) => edits <= maxEdits && onlyWord.test(other))
    .sort((a, b) => a.edits - b.edits || b.published - a.published || (a.folded < b.folded ? -1 : 1));
  return near[0]?.folded;
}

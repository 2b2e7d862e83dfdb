import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import type { CountChanges, EntryChange } from '../../domain/vocabulary/count-changes.ts';
import { listKeys } from '../../domain/vocabulary/vocabulary-entry.ts';
import {
  type EntryDocument,
  generationMark,
  rankOf,
  type StatisticsCollections,
  statementMs,
  type TermDocument,
} from './statistics-collections.ts';

const batchSize = 1_000;

export interface Application {
  readonly changes: CountChanges;
  readonly generation: number;
  /** Undefined: while nobody else sees this generation. */
  readonly session?: ClientSession | undefined;
}

/** Adds the changes to terms and entries; what no post has any more goes. The sums are the caller's. */
export async function applyChanges(
  { terms, entries }: Pick<StatisticsCollections, 'terms' | 'entries'>,
  { changes, generation, session }: Application,
): Promise<void> {
  const mark = generationMark(generation);
  const bounds = { maxTimeMS: statementMs, ...(session === undefined ? {} : { session }) };
  const options = { ...bounds, ordered: false, ...(session === undefined ? { writeConcern: { w: 1 } as const } : {}) };
  for (const batch of inBatches(changes.terms)) {
    const ids = batch.map(([term]) => `${mark}${term}`);
    const found = new Map(
      (await terms.find({ _id: { $in: ids } }, bounds).toArray()).map(({ _id, posts }) => [_id, posts]),
    );
    await terms.bulkWrite(
      batch.map(([term, posts]) => writeTerm(`${mark}${term}`, found.get(`${mark}${term}`), posts)).filter(isThere),
      options,
    );
  }
  const changed = [...changes.entries].filter(
    ([, { posts, published, languages }]) => posts || published || languages.size,
  );
  for (const batch of inBatches(changed)) {
    const ids = batch.map(([id]) => `${mark}${id}`);
    const found = new Map(
      (await entries.find({ _id: { $in: ids } }, bounds).toArray()).map((entry) => [entry._id, entry]),
    );
    await entries.bulkWrite(
      batch.map(([id, change]) => writeEntry({ id, mark }, found.get(`${mark}${id}`), change)).filter(isThere),
      options,
    );
  }
}

function writeTerm(
  _id: string,
  before: number | undefined,
  change: number,
): AnyBulkWriteOperation<TermDocument> | undefined {
  const posts = (before ?? 0) + change;
  if (before === undefined) return posts > 0 ? { insertOne: { document: { _id, posts } } } : undefined;
  if (posts <= 0) return { deleteOne: { filter: { _id } } };
  return { updateOne: { filter: { _id }, update: { $set: { posts } } } };
}

function writeEntry(
  { id, mark }: { id: string; mark: string },
  before: EntryDocument | undefined,
  change: EntryChange,
): AnyBulkWriteOperation<EntryDocument> | undefined {
  const _id = `${mark}${id}`;
  const posts = (before?.posts ?? 0) + change.posts;
  if (posts <= 0) return before && { deleteOne: { filter: { _id } } };
  const published = (before?.published ?? 0) + change.published;
  const counts = { posts, published, languages: addLanguages(before?.languages, change.languages) };
  const rank = rankOf(published);
  if (before === undefined) {
    return { insertOne: { document: { _id, ...counts, rank, keys: listKeys(id).map((key) => `${mark}${key}`) } } };
  }
  // The rank is in the index: it is written only when it is another.
  return { updateOne: { filter: { _id }, update: { $set: { ...counts, ...(rank === before.rank ? {} : { rank }) } } } };
}

function addLanguages(before: Record<string, number> = {}, changes: ReadonlyMap<string, number>) {
  const sums = new Map(Object.entries(before));
  for (const [language, count] of changes) sums.set(language, (sums.get(language) ?? 0) + count);
  return Object.fromEntries([...sums].filter(([, count]) => count > 0));
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  const all = [...items];
  for (let begin = 0; begin < all.length; begin += batchSize) yield all.slice(begin, begin + batchSize);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

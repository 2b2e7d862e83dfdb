import type { ClientSession, Collection, Filter, OptionalUnlessRequiredId } from 'mongodb';
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

const batchSize = 5_000;

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
  for (const batch of inBatches(changes.terms)) {
    const changed = new Map(batch.map(([term, posts]) => [`${mark}${term}`, posts]));
    await rewrite({ collection: terms, ids: [...changed.keys()], session }, (_id, before) => {
      const posts = (before?.posts ?? 0) + (changed.get(_id) ?? 0);
      return posts > 0 ? { _id, posts } : undefined;
    });
  }
  const ofEntries = [...changes.entries].filter(
    ([, { posts, published, languages }]) => posts || published || languages.size,
  );
  for (const batch of inBatches(ofEntries)) {
    const changed = new Map(batch.map(([id, change]) => [`${mark}${id}`, { id, change }]));
    await rewrite({ collection: entries, ids: [...changed.keys()], session }, (_id, before) => {
      const { id, change } = changed.get(_id) ?? {};
      if (id === undefined || change === undefined) return before;
      return addToEntry(before ?? newEntry({ id, mark }), change);
    });
  }
}

interface Rewrite<T extends TermDocument | EntryDocument> {
  readonly collection: Collection<T>;
  readonly ids: readonly string[];
  readonly session: ClientSession | undefined;
}

/**
 * Puts other documents in the place of some, or none. They are removed and inserted, each by one statement: as many updates
 * take the server three to ten times as long.
 */
async function rewrite<T extends TermDocument | EntryDocument>(
  { collection, ids, session }: Rewrite<T>,
  change: (_id: string, before: T | undefined) => T | undefined,
): Promise<void> {
  const bounds = { maxTimeMS: statementMs, ...(session === undefined ? {} : { session }) };
  const options = { ...bounds, ...(session === undefined ? { writeConcern: { w: 1 } as const } : {}) };
  const there = await collection.find<T>(matchIds(ids), bounds).toArray();
  const before = new Map(there.map((document) => [document._id, document]));
  const after = ids.flatMap((_id) => change(_id, before.get(_id)) ?? []);
  if (there.length > 0) await collection.deleteMany(matchIds([...before.keys()]), options);
  if (after.length === 0) return;
  await collection.insertMany(after as OptionalUnlessRequiredId<T>[], { ...options, ordered: false });
}

function matchIds<T extends { _id: string }>(ids: readonly string[]): Filter<T> {
  return { _id: { $in: ids } } as Filter<T>;
}

function newEntry({ id, mark }: { id: string; mark: string }): EntryDocument {
  const keys = listKeys(id).map((key) => `${mark}${key}`);
  return { _id: `${mark}${id}`, posts: 0, published: 0, rank: 0, keys, languages: {} };
}

function addToEntry(before: EntryDocument, change: EntryChange): EntryDocument | undefined {
  const posts = before.posts + change.posts;
  const published = before.published + change.published;
  if (posts <= 0) return undefined;
  return {
    ...before,
    posts,
    published,
    rank: rankOf(published),
    languages: addLanguages(before.languages, change.languages),
  };
}

function addLanguages(before: Record<string, number>, changes: ReadonlyMap<string, number>) {
  const sums = new Map(Object.entries(before));
  for (const [language, count] of changes) sums.set(language, (sums.get(language) ?? 0) + count);
  return Object.fromEntries([...sums].filter(([, count]) => count > 0));
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  const all = [...items];
  for (let begin = 0; begin < all.length; begin += batchSize) yield all.slice(begin, begin + batchSize);
}

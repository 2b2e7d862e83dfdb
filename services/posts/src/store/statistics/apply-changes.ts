import type { ClientSession, Collection, Filter, OptionalUnlessRequiredId, UpdateFilter } from 'mongodb';
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
  readonly changes: Pick<CountChanges, 'terms' | 'entries'>;
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
    await rewrite<TermDocument, number>({ collection: terms, session, mark, batch }, changeTerm);
  }
  const ofEntries = [...changes.entries].filter(
    ([, { posts, published, languages }]) => posts || published || languages.size,
  );
  for (const batch of inBatches(ofEntries)) {
    await rewrite<EntryDocument, EntryChange>({ collection: entries, session, mark, batch }, changeEntry);
  }
}

/** What becomes of a count: a new document, another one in the place of what was there, or none. */
type Step<T> = { readonly insert: T } | { readonly update: UpdateFilter<T> } | 'remove' | 'nothing';

interface Counted<T, Change> {
  readonly id: string;
  readonly mark: string;
  readonly before: Omit<T, 'keys'> | undefined;
  readonly change: Change;
}

function changeTerm({ id, mark, before, change }: Counted<TermDocument, number>): Step<TermDocument> {
  const posts = (before?.posts ?? 0) + change;
  if (before === undefined) return posts > 0 ? { insert: { _id: `${mark}${id}`, posts } } : 'nothing';
  return posts > 0 ? { update: { $inc: { posts: change } } } : 'remove';
}

function changeEntry({ id, mark, before, change }: Counted<EntryDocument, EntryChange>): Step<EntryDocument> {
  const posts = (before?.posts ?? 0) + change.posts;
  const published = (before?.published ?? 0) + change.published;
  if (posts <= 0) return before === undefined ? 'nothing' : 'remove';
  if (before !== undefined) return { update: updateEntry(before, { published, change }) };
  const keys = listKeys(id).map((key) => `${mark}${key}`);
  const languages = Object.fromEntries([...change.languages].filter(([, count]) => count > 0));
  return { insert: { _id: `${mark}${id}`, posts, published, rank: rankOf(published), keys, languages } };
}

/** The rank only where it is another: the index of the keys is written with it. */
function updateEntry(
  before: Omit<EntryDocument, 'keys'>,
  { published, change }: { published: number; change: EntryChange },
): UpdateFilter<EntryDocument> {
  const isGone = ([language, count]: [string, number]) => (before.languages[language] ?? 0) + count <= 0;
  const at = (language: string) => `languages.${language}`;
  const gone = [...change.languages].filter(isGone);
  const counted = [...change.languages].filter((one) => !isGone(one));
  const increments = counted.map(([language, count]) => [at(language), count]);
  const rank = rankOf(published);
  return {
    $inc: { posts: change.posts, published: change.published, ...Object.fromEntries(increments) },
    ...(rank === before.rank ? {} : { $set: { rank } }),
    ...(gone.length === 0 ? {} : { $unset: Object.fromEntries(gone.map(([language]) => [at(language), true])) }),
  };
}

interface Rewrite<T extends TermDocument | EntryDocument, Change> {
  readonly collection: Collection<T>;
  readonly session: ClientSession | undefined;
  readonly mark: string;
  readonly batch: readonly (readonly [string, Change])[];
}

/**
 * Counts that change in the same way are changed by one statement, most of a part by a few: a statement for each takes the
 * server twice as long, and to remove and insert them anew as long as that.
 */
async function rewrite<T extends TermDocument | EntryDocument, Change>(
  { collection, session, mark, batch }: Rewrite<T, Change>,
  step: (counted: Counted<T, Change>) => Step<T>,
): Promise<void> {
  const bounds = { maxTimeMS: statementMs, ...(session === undefined ? {} : { session }) };
  const options = { ...bounds, ...(session === undefined ? { writeConcern: { w: 1 } as const } : {}) };
  const ids = batch.map(([id]) => `${mark}${id}`);
  const there = await collection.find<T>(matchIds(ids), { ...bounds, projection: { keys: 0 } }).toArray();
  const before = new Map(there.map((document) => [document._id, document]));
  const made: T[] = [];
  const removed: string[] = [];
  const updated = new Map<string, { readonly update: UpdateFilter<T>; readonly ids: string[] }>();
  for (const [id, change] of batch) {
    const _id = `${mark}${id}`;
    const next = step({ id, mark, before: before.get(_id), change });
    if (next === 'nothing') continue;
    if (next === 'remove') removed.push(_id);
    else if ('insert' in next) made.push(next.insert);
    else addUpdate(updated, _id, next.update);
  }
  const updates = [...updated.values()].map(({ update, ids: same }) => ({
    updateMany: { filter: matchIds<T>(same), update },
  }));
  if (removed.length > 0) await collection.deleteMany(matchIds(removed), options);
  if (updates.length > 0) await collection.bulkWrite(updates, { ...options, ordered: false });
  if (made.length > 0)
    await collection.insertMany(made as OptionalUnlessRequiredId<T>[], { ...options, ordered: false });
}

function addUpdate<T>(
  updated: Map<string, { readonly update: UpdateFilter<T>; readonly ids: string[] }>,
  _id: string,
  update: UpdateFilter<T>,
): void {
  const key = JSON.stringify(update);
  const same = updated.get(key);
  if (same === undefined) updated.set(key, { update, ids: [_id] });
  else same.ids.push(_id);
}

function matchIds<T extends { _id: string }>(ids: readonly string[]): Filter<T> {
  return { _id: { $in: ids } } as Filter<T>;
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  const all = [...items];
  for (let begin = 0; begin < all.length; begin += batchSize) yield all.slice(begin, begin + batchSize);
}

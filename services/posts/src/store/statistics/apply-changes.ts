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
    await rewrite(terms, { ids: [...changed.keys()], session }, (_id, before) =>
      changeTerm({ _id, posts: changed.get(_id) ?? 0 }, before),
    );
  }
  const ofEntries = [...changes.entries].filter(
    ([, { posts, published, languages }]) => posts || published || languages.size,
  );
  for (const batch of inBatches(ofEntries)) {
    const changed = new Map(batch.map(([id, change]) => [`${mark}${id}`, { id, mark, change }]));
    await rewrite(entries, { ids: [...changed.keys()], session }, (_id, before) => {
      const entry = changed.get(_id);
      return entry === undefined ? 'keep' : changeEntry(entry, before);
    });
  }
}

/** What becomes of a document: another in its place, the same with some fields changed, or none. */
type Change<T> = { readonly insert: T } | { readonly update: UpdateFilter<T> } | 'remove' | 'keep';

interface Rewrite {
  readonly ids: readonly string[];
  readonly session: ClientSession | undefined;
}

/**
 * Changes documents by as few statements as there are different changes: most counts go up by one, or two. One update a
 * document takes the server ten times as long.
 */
async function rewrite<T extends TermDocument | EntryDocument>(
  collection: Collection<T>,
  { ids, session }: Rewrite,
  change: (_id: string, before: T | undefined) => Change<T>,
): Promise<void> {
  const bounds = { maxTimeMS: statementMs, ...(session === undefined ? {} : { session }) };
  const options = { ...bounds, ...(session === undefined ? { writeConcern: { w: 1 } as const } : {}) };
  const projection = { keys: 0 } as const;
  const there = await collection.find<T>(matchIds(ids), { ...bounds, projection }).toArray();
  const before = new Map(there.map((document) => [document._id, document]));
  const plan = planChanges(ids.map((_id) => ({ _id, change: change(_id, before.get(_id)) })));
  if (plan.removals.length > 0) await collection.deleteMany(matchIds(plan.removals), options);
  if (plan.inserts.length > 0)
    await collection.insertMany(plan.inserts as OptionalUnlessRequiredId<T>[], { ...options, ordered: false });
  const updates = [...plan.updates.values()].map(({ update, ids: some }) => ({
    updateMany: { filter: matchIds<T>(some), update },
  }));
  if (updates.length > 0) await collection.bulkWrite(updates, { ...options, ordered: false });
}

interface ChangePlan<T> {
  readonly removals: string[];
  readonly inserts: T[];
  /** By what is changed. */
  readonly updates: Map<string, { readonly update: UpdateFilter<T>; readonly ids: string[] }>;
}

function planChanges<T>(changes: readonly { readonly _id: string; readonly change: Change<T> }[]): ChangePlan<T> {
  const plan: ChangePlan<T> = { removals: [], inserts: [], updates: new Map() };
  for (const { _id, change } of changes) {
    if (change === 'keep') continue;
    if (change === 'remove') plan.removals.push(_id);
    else if ('insert' in change) plan.inserts.push(change.insert);
    else {
      const key = JSON.stringify(change.update);
      const same = plan.updates.get(key);
      if (same === undefined) plan.updates.set(key, { update: change.update, ids: [_id] });
      else same.ids.push(_id);
    }
  }
  return plan;
}

function matchIds<T extends { _id: string }>(ids: readonly string[]): Filter<T> {
  return { _id: { $in: ids } } as Filter<T>;
}

function changeTerm({ _id, posts }: TermDocument, before: TermDocument | undefined): Change<TermDocument> {
  if (before === undefined) return posts > 0 ? { insert: { _id, posts } } : 'keep';
  return before.posts + posts > 0 ? { update: { $inc: { posts } } } : 'remove';
}

interface ChangedEntry {
  readonly id: string;
  readonly mark: string;
  readonly change: EntryChange;
}

function changeEntry(
  { id, mark, change }: ChangedEntry,
  before: Omit<EntryDocument, 'keys'> | undefined,
): Change<EntryDocument> {
  const posts = (before?.posts ?? 0) + change.posts;
  if (posts <= 0) return before === undefined ? 'keep' : 'remove';
  const published = (before?.published ?? 0) + change.published;
  const rank = rankOf(published);
  const languages = addLanguages(before?.languages ?? {}, change.languages);
  if (before === undefined) {
    const keys = listKeys(id).map((key) => `${mark}${key}`);
    return { insert: { _id: `${mark}${id}`, posts, published, rank, keys, languages } };
  }
  const gone = Object.keys(before.languages).filter((language) => languages[language] === undefined);
  const counts = [...change.languages].filter(([language]) => languages[language] !== undefined);
  return {
    update: {
      $inc: {
        posts: change.posts,
        published: change.published,
        ...Object.fromEntries(counts.map(([language, count]) => [`languages.${language}`, count])),
      },
      // An entry's keys are in an index beside its rank: what stays is left alone.
      ...(rank === before.rank ? {} : { $set: { rank } }),
      ...(gone.length === 0
        ? {}
        : { $unset: Object.fromEntries(gone.map((language) => [`languages.${language}`, '' as const])) }),
    },
  };
}

function addLanguages(before: Record<string, number>, changes: ReadonlyMap<string, number>): Record<string, number> {
  const sums = new Map(Object.entries(before));
  for (const [language, count] of changes) sums.set(language, (sums.get(language) ?? 0) + count);
  return Object.fromEntries([...sums].filter(([, count]) => count > 0));
}

function* inBatches<T>(items: Iterable<T>): Generator<T[]> {
  const all = [...items];
  for (let begin = 0; begin < all.length; begin += batchSize) yield all.slice(begin, begin + batchSize);
}

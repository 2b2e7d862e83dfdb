import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

const count = { bsonType: ['int', 'long'] };

const terms = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'posts'],
  properties: {
    // The generation of the counts, then the term.
    _id: { bsonType: 'string' },
    posts: { ...count, minimum: 1 },
  },
};

const entries = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'posts', 'published', 'rank', 'keys', 'languages'],
  properties: {
    // The generation of the counts, then a word or a tag, folded, then as it stands where that differs.
    _id: { bsonType: 'string' },
    posts: { ...count, minimum: 1 },
    published: { ...count, minimum: 0 },
    // Twice the binary logarithm of 1 + published: an index on the count itself would be written with every post.
    rank: { bsonType: 'int', minimum: 0 },
    keys: { bsonType: 'array', items: { bsonType: 'string' } },
    languages: { bsonType: 'object', additionalProperties: { ...count, minimum: 1 } },
  },
};

const statistics = {
  bsonType: 'object',
  required: ['_id'],
  properties: { _id: { enum: ['counts', 'lease'] } },
};

const counted = [
  { name: 'search_terms', schema: terms },
  { name: 'search_entries', schema: entries },
] as const;

/**
 * What search knows of all posts: how many have each term, the words and tags for completions and corrections, and how far
 * the changes of posts have been counted. All of it can be made again from the posts.
 */
export async function up(db: Db): Promise<void> {
  for (const { name, schema } of counted) await ensureCollection(db, { name, schema, clustered: true });
  await ensureCollection(db, { name: 'search_statistics', schema: statistics });
  await indexEntries(db, 'search_entries');
}

export async function down(db: Db): Promise<void> {
  for (const name of ['search_terms', 'search_entries', 'search_statistics']) await db.dropCollection(name);
}

/**
 * Moves the counts to collections of another form. They serve as they are, and whoever keeps them is made to count anew: a
 * change may have been counted between the copy and its taking the place.
 */
export async function rebuildCounts(db: Db, { clustered }: { clustered: boolean }): Promise<void> {
  for (const { name, schema } of counted) {
    const rebuilt = `${name}_rebuilt`;
    await db.dropCollection(rebuilt);
    await ensureCollection(db, { name: rebuilt, schema, clustered });
    if (name === 'search_entries') await indexEntries(db, rebuilt);
    await db
      .collection(name)
      .aggregate([{ $merge: { into: rebuilt } }])
      .toArray();
    await db.renameCollection(rebuilt, name, { dropTarget: true });
  }
  const outdated = { $set: { analysis_version: 0 }, $inc: { sequence: 1 } };
  await db.collection<{ _id: string }>('search_statistics').updateOne({ _id: 'counts' }, outdated);
}

async function indexEntries(db: Db, name: string): Promise<void> {
  await db.collection(name).createIndex({ keys: 1, rank: -1 }, { name: 'search_entries_by_key' });
}

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

/**
 * What search knows of all posts: how many have each term, the words and tags for completions and corrections, and how far
 * the changes of posts have been counted. All of it can be made again from the posts.
 */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'search_terms', schema: terms, clustered: true });
  await ensureCollection(db, { name: 'search_entries', schema: entries, clustered: true });
  await ensureCollection(db, { name: 'search_statistics', schema: statistics });
  await db.collection('search_entries').createIndex({ keys: 1, rank: -1 }, { name: 'search_entries_by_key' });
}

export async function down(db: Db): Promise<void> {
  for (const name of ['search_terms', 'search_entries', 'search_statistics']) await db.dropCollection(name);
}

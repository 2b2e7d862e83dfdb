import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'notes', 'tries', 'try_time'],
  properties: {
    // The post's.
    _id: { bsonType: 'string' },
    notes: { bsonType: ['int', 'long'], minimum: 1 },
    tries: { bsonType: ['int', 'long'], minimum: 0 },
    try_time: { bsonType: 'date' },
  },
};

const left = [
  { $match: { vector: { $exists: false } } },
  { $project: { notes: { $literal: 1 }, tries: { $literal: 0 }, try_time: '$$NOW' } },
  { $merge: { into: 'posts_to_index', whenMatched: 'keepExisting' } },
];

/** The posts that were left to be indexed in the background, and when that is tried next. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'posts_to_index', schema });
  await db.collection('posts_to_index').createIndex({ try_time: 1 }, { name: 'posts_to_index_by_time' });
  await db.collection('posts').aggregate(left).toArray();
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('posts_to_index');
}

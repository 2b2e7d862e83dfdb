import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

const post = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['title', 'content', 'tags', 'language', 'published', 'create_time'],
  properties: {
    title: { bsonType: 'string', minLength: 1 },
    content: { bsonType: 'string' },
    tags: { bsonType: 'array', maxItems: 32, uniqueItems: true, items: { bsonType: 'string', minLength: 1 } },
    language: { bsonType: 'string', pattern: '^[a-z]{2}$' },
    published: { bsonType: 'bool' },
    create_time: { bsonType: 'date' },
  },
};

const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'state'],
  properties: {
    // The id that the post will have.
    _id: { bsonType: 'string', minLength: 36, maxLength: 36 },
    state: { enum: ['reserved', 'confirmed', 'cancelled'] },
    // Unknown where what was cancelled had never been reserved.
    author_id: { bsonType: 'string', minLength: 36, maxLength: 36 },
    post,
    expire_time: { bsonType: 'date' },
  },
  // What is still to be decided never expires, and has all that the decision needs.
  oneOf: [
    {
      properties: { state: { enum: ['reserved'] } },
      required: ['author_id', 'post'],
      not: { required: ['expire_time'] },
    },
    {
      properties: { state: { enum: ['confirmed', 'cancelled'] } },
      required: ['expire_time'],
      not: { required: ['post'] },
    },
  ],
};

/** Posts that are kept until they are confirmed or cancelled, and then what became of them. MongoDB removes what has expired. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'reserved_posts', schema });
  await db.collection('reserved_posts').createIndexes([
    { name: 'reserved_posts_expire', key: { expire_time: 1 }, expireAfterSeconds: 0 },
    { name: 'reserved_posts_of_author', key: { author_id: 1 }, partialFilterExpression: { state: 'reserved' } },
  ]);
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('reserved_posts');
}

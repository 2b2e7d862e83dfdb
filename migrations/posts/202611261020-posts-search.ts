import type { Db } from 'mongodb';
import { postsSchema } from './202611250900-posts.ts';
import * as postsText from './202611250903-posts-text.ts';
import { ensureCollection } from './ensure-collection.ts';

const name = 'posts_search';

const schema = {
  ...postsSchema,
  properties: {
    ...postsSchema.properties,
    // Absent from posts that were written before search was; they are analysed in the background.
    search: {
      bsonType: 'object',
      additionalProperties: false,
      required: ['version', 'title', 'tags', 'content', 'title_length', 'content_length'],
      properties: {
        version: { bsonType: 'int', minimum: 1 },
        title: { bsonType: 'string' },
        tags: { bsonType: 'string' },
        content: { bsonType: 'string' },
        title_length: { bsonType: 'int', minimum: 0 },
        content_length: { bsonType: 'int', minimum: 0 },
      },
    },
    vector: { bsonType: 'binData' },
  },
};

/**
 * The text index lies over terms that the service makes, and takes them as they are: it stems nothing, and no post has
 * a field `text_language`. Light weights: an index entry's weight only says which posts are looked at first.
 * `posts_by_language` tells which languages posts have.
 */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'posts', schema });
  await postsText.down(db);
  const posts = db.collection('posts');
  await posts.createIndex(
    { 'search.title': 'text', 'search.tags': 'text', 'search.content': 'text' },
    {
      name,
      weights: { 'search.title': 3, 'search.tags': 2, 'search.content': 1 },
      default_language: 'none',
      language_override: 'text_language',
    },
  );
  await posts.createIndex({ language: 1 }, { name: 'posts_by_language' });
}

export async function down(db: Db): Promise<void> {
  const posts = db.collection('posts');
  for (const index of [name, 'posts_by_language']) if (await posts.indexExists(index)) await posts.dropIndex(index);
  await posts.updateMany({}, { $unset: { search: '', vector: '' } });
  await ensureCollection(db, { name: 'posts', schema: postsSchema });
  await postsText.up(db);
}

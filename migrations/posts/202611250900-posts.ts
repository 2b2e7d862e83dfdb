import type { Db, IndexDescription } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

/** What a post was first; later migrations add to it. */
export const postsSchema = {
  bsonType: 'object',
  additionalProperties: false,
  required: [
    '_id',
    'author_id',
    'title',
    'title_folded',
    'content',
    'tags',
    'language',
    'published',
    'create_time',
    'update_time',
    'publish_time',
    'version',
  ],
  properties: {
    _id: { bsonType: 'string', minLength: 36, maxLength: 36 },
    author_id: { bsonType: 'string', minLength: 36, maxLength: 36 },
    title: { bsonType: 'string', minLength: 1 },
    // The title as it is ordered by: strings compare by bytes, which is the order of code points.
    title_folded: { bsonType: 'string' },
    content: { bsonType: 'string' },
    tags: { bsonType: 'array', maxItems: 32, uniqueItems: true, items: { bsonType: 'string', minLength: 1 } },
    language: { bsonType: 'string', pattern: '^[a-z]{2}$' },
    published: { bsonType: 'bool' },
    create_time: { bsonType: 'date' },
    update_time: { bsonType: 'date' },
    // Null while it was never published; null comes before every date in the index.
    publish_time: { bsonType: ['date', 'null'] },
    version: { bsonType: ['int', 'long'], minimum: 1 },
  },
};

/** The orders that ListPosts offers; the id breaks ties, in the same direction. */
const orders = ['create_time', 'publish_time', 'update_time', 'title_folded'] as const;

/** Which posts an order is walked through for: all, an author's, the published or the others, a tag's. */
function nameIndexes(): IndexDescription[] {
  return [
    ...orders.map((order) => ({ name: `posts_by_${order}`, key: { [order]: 1, _id: 1 } })),
    ...orders.map((order) => ({ name: `posts_of_author_by_${order}`, key: { author_id: 1, [order]: 1, _id: 1 } })),
    ...orders.map((order) => ({ name: `posts_published_by_${order}`, key: { published: 1, [order]: 1, _id: 1 } })),
    ...(['create_time', 'publish_time'] as const).map((order) => ({
      name: `posts_of_tag_by_${order}`,
      key: { tags: 1, [order]: 1, _id: 1 },
    })),
  ] satisfies IndexDescription[];
}

export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'posts', schema: postsSchema });
  await db.collection('posts').createIndexes(nameIndexes());
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('posts');
}

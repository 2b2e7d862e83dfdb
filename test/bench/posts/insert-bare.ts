import type { Document } from 'mongodb';
import type { FullPost } from '../../../services/posts/src/domain/post.ts';
import { toIndexedDocument } from '../../../services/posts/src/store/testing/store-calls.ts';
import { nameDatabase } from '../../support/database-urls.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import { useMongo } from '../stores/use-mongo.ts';

/** As many as ImportPosts commits at once. */
const batchSize = 200;
const majority = { writeConcern: { w: 'majority', journal: true } } as const;

/** What of a post is inserted under a text index and nothing else. */
export type BareKind = 'text' | 'vector';

const kinds: Record<BareKind, { fields: readonly string[]; toDocument(post: FullPost): Document }> = {
  text: {
    fields: ['title', 'tags', 'content'],
    toDocument: ({ title, content, tags }) => ({ title, content, tags: [...tags] }),
  },
  vector: {
    fields: ['search.title', 'search.tags', 'search.content'],
    toDocument({ title, content, tags, ...post }) {
      const { search, vector } = toIndexedDocument({ title, content, tags, ...post });
      return { title, content, tags: [...tags], search, vector };
    },
  },
};

/**
 * Inserts posts by the driver, their documents made before; a collection grows from call to call.
 *
 * @returns how long that took, ms
 */
export async function insertBare(
  { mongodbUrl }: BenchStores,
  { kind, posts }: { kind: BareKind; posts: readonly FullPost[] },
): Promise<number> {
  const { fields, toDocument } = kinds[kind];
  const documents = posts.map(toDocument);
  const url = nameDatabase({ serverUrl: mongodbUrl, name: `bench_bare_${kind}` });
  return useMongo(url, async (db) => {
    const bare = db.collection('posts');
    await bare.createIndex(Object.fromEntries(fields.map((field) => [field, 'text'] as const)), {
      default_language: 'none',
    });
    const beganAt = performance.now();
    for (let begin = 0; begin < documents.length; begin += batchSize) {
      await bare.insertMany(documents.slice(begin, begin + batchSize), majority);
    }
    return performance.now() - beganAt;
  });
}

import { migratePosts } from '@tandem/migrations';
import type { FullPost } from '../../../services/posts/src/domain/post.ts';
import { refreshStatistics } from '../../../services/posts/src/store/statistics/keep-statistics.ts';
import { toIndexedDocument } from '../../../services/posts/src/store/testing/store-calls.ts';
import { toPlainPost } from '../plain/plain-post.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import { useMongo } from '../stores/use-mongo.ts';
import { loadPosts } from './load-posts.ts';
import { makePosts } from './make-posts.ts';
import { countPosts, meanWords, nameSetUrl, type PostSet } from './post-sets.ts';

/** The posts of a set as the service would have written them, counted for ranking. */
export async function seedPosts(stores: BenchStores, set: PostSet): Promise<void> {
  const url = nameSetUrl(stores, { side: 'tandem', set });
  await migratePosts({ url });
  await loadPosts(url, mapEach(makeSet(stores, set), toIndexedDocument));
  await useMongo(url, (_, client) => refreshStatistics(client));
}

/** The same posts as plain has them, with the indexes that it needs. */
export async function seedPlainPosts(stores: BenchStores, set: PostSet): Promise<void> {
  const url = nameSetUrl(stores, { side: 'plain', set });
  await useMongo(url, async (db) => {
    const posts = db.collection('posts');
    await posts.createIndex({ title: 'text', content: 'text' }, { weights: { title: 3, content: 1 } });
    await posts.createIndex({ tags: 1, create_time: -1 });
    await posts.createIndex({ title_lower: 1 });
  });
  await loadPosts(url, mapEach(makeSet(stores, set), toPlainPost));
}

function makeSet({ posts, users }: BenchStores, set: PostSet): Iterable<FullPost> {
  return makePosts({ count: countPosts({ posts }, set), meanWords, users, seed: 1 });
}

function* mapEach<T, U>(items: Iterable<T>, change: (item: T) => U): Generator<U> {
  for (const item of items) yield change(item);
}

import { MongoClient } from 'mongodb';
import { afterAll } from 'vitest';
import { usePostsDatabase } from '../../../../../test/support/use-posts-database.ts';
import { createMongoStore } from '../mongo-store.ts';
import { openPostsDatabase } from '../open-database.ts';
import type { PostStore } from '../store.ts';
import { createCountingStatistics } from './counting-statistics.ts';

export interface TestStore {
  readonly url: string;
  readonly store: PostStore;
  /** Past the store, for what it does not offer. */
  readonly direct: MongoClient;
}

/** A posts store on a fresh, migrated database, whose search counts by itself; closed after the file. */
export async function usePostsStore(): Promise<TestStore> {
  const url = await usePostsDatabase();
  const client = await openPostsDatabase(url);
  const statistics = createCountingStatistics(client.db().collection('posts'));
  const store = createMongoStore(client, { statistics });
  const direct = new MongoClient(url);
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await direct.close();
  });
  return { url, store, direct };
}

import { randomBytes } from 'node:crypto';
import { migratePosts } from '@tandem/migrations';
import { MongoClient } from 'mongodb';
import { afterAll, inject } from 'vitest';
import { nameDatabase } from './database-urls.ts';

/**
 * A fresh, migrated MongoDB database for this file (or this `describe`), dropped after it.
 *
 * Call it where hooks may be registered: `const url = await usePostsDatabase()`.
 *
 * @param options.migrated false gives an empty database; default true
 * @returns its URL
 */
export async function usePostsDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<string> {
  const name = `tandem_test_${randomBytes(6).toString('hex')}`;
  const url = nameDatabase({ serverUrl: inject('postsServerUrl'), name });
  afterAll(() => dropPosts(url));
  if (migrated) await migratePosts({ url });
  return url;
}

async function dropPosts(url: string): Promise<void> {
  const client = new MongoClient(url);
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}

import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { inject, onTestFinished } from 'vitest';
import { createDatabase, dropDatabase, nameDatabase } from '../../test/support/database-urls.ts';

/** The URL of a new PostgreSQL database without any table; dropped after the test. */
export async function useEmptyUsersDatabase(): Promise<string> {
  const database = { serverUrl: inject('usersServerUrl'), name: freshName() };
  onTestFinished(() => dropDatabase(database));
  await createDatabase(database);
  return nameDatabase(database);
}

/** The URL of a new MongoDB database without any collection; dropped after the test. */
export async function useEmptyPostsDatabase(): Promise<string> {
  const url = nameDatabase({ serverUrl: inject('postsServerUrl'), name: freshName() });
  onTestFinished(async () => {
    await using client = new MongoClient(url);
    await client.db().dropDatabase();
  });
  return url;
}

function freshName(): string {
  return `migrations_${randomBytes(6).toString('hex')}`;
}

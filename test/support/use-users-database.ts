import { randomBytes } from 'node:crypto';
import { afterAll, inject } from 'vitest';
import { createDatabase, dropDatabase, nameDatabase } from './database-urls.ts';

/**
 * A fresh, migrated PostgreSQL database for this file (or this `describe`), dropped after it.
 *
 * Call it where hooks may be registered: `const url = await useUsersDatabase()`.
 *
 * @param options.migrated false gives an empty database; default true
 * @returns its URL
 */
export async function useUsersDatabase({ migrated = true }: { migrated?: boolean } = {}): Promise<string> {
  const database = { serverUrl: inject('usersServerUrl'), name: `tandem_test_${randomBytes(6).toString('hex')}` };
  afterAll(() => dropDatabase(database));
  await createDatabase({ ...database, ...(migrated ? { template: inject('usersTemplate') } : {}) });
  return nameDatabase(database);
}

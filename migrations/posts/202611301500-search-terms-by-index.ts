import type { Db } from 'mongodb';
import { rebuildCounts } from './202611261030-search-terms.ts';

/**
 * The counts of search in collections with an index on `_id`: of a clustered one the server reads everything between the
 * least and the greatest of several ids.
 */
export async function up(db: Db): Promise<void> {
  await rebuildCounts(db, { clustered: false });
}

export async function down(db: Db): Promise<void> {
  await rebuildCounts(db, { clustered: true });
}

import type { Db, Document } from 'mongodb';
import { recordsSchema as before, keys } from './202611301200-cache-invalidations.ts';
import { ensureCollection } from './ensure-collection.ts';

const schema: Document = { ...before, properties: { ...before.properties, to_index: keys } };

/** Which posts a recorded reply tells of that its attempt left to be indexed after its commit. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'idempotency_records', schema });
}

export async function down(db: Db): Promise<void> {
  await db.collection('idempotency_records').updateMany({}, { $unset: { to_index: '' } });
  await ensureCollection(db, { name: 'idempotency_records', schema: before });
}

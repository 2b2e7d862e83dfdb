import type { Db, Document } from 'mongodb';
import * as before from './202611250901-idempotency-records.ts';
import { ensureCollection } from './ensure-collection.ts';

export const keys = { bsonType: 'array', items: { bsonType: 'string', minLength: 1 } };

const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'keys', 'due_time'],
  properties: { _id: { bsonType: 'objectId' }, keys, due_time: { bsonType: 'date' } },
};

export const recordsSchema: Document = {
  ...before.schema,
  properties: { ...before.schema.properties, cache_keys: keys },
};

/**
 * What still has to go from the cache, written with the change that made it old; and which keys of the cache the change of
 * a recorded request touched, for the caller who is told of it a second time.
 */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'cache_invalidations', schema });
  await ensureCollection(db, { name: 'idempotency_records', schema: recordsSchema });
}

export async function down(db: Db): Promise<void> {
  await db.collection('idempotency_records').updateMany({}, { $unset: { cache_keys: '' } });
  await ensureCollection(db, { name: 'idempotency_records', schema: before.schema });
  await db.dropCollection('cache_invalidations');
}

import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

export const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'fingerprint', 'expire_time'],
  properties: {
    // Request id, method and caller, in one string.
    _id: { bsonType: 'string', minLength: 38 },
    fingerprint: { bsonType: 'binData' },
    expire_time: { bsonType: 'date' },
    kind: { enum: ['reply', 'refusal'] },
    answer: { bsonType: 'binData' },
  },
  // Both or neither: a call of several transactions has no answer yet.
  dependencies: { kind: ['answer'], answer: ['kind'] },
};

/** Who asked for what under which request id, and what was answered. MongoDB removes what has expired. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'idempotency_records', schema });
  await db
    .collection('idempotency_records')
    .createIndex({ expire_time: 1 }, { name: 'idempotency_records_expire', expireAfterSeconds: 0 });
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('idempotency_records');
}

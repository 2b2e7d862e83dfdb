import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'secret', 'create_time'],
  properties: {
    _id: { bsonType: 'string' },
    secret: { bsonType: 'binData' },
    create_time: { bsonType: 'date' },
  },
};

/** What every replica of the service must share and no caller may know, as the key of page tokens. Made once. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'service_secrets', schema });
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('service_secrets');
}

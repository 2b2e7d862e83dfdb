import type { Db } from 'mongodb';
import { ensureCollection } from './ensure-collection.ts';

const schema = {
  bsonType: 'object',
  additionalProperties: false,
  required: ['_id', 'writes'],
  properties: {
    // The author's id.
    _id: { bsonType: 'string', minLength: 36, maxLength: 36 },
    // Raised by whoever makes a post of this author, so that two who do, or one and the tombstone, meet.
    writes: { bsonType: ['int', 'long'], minimum: 0 },
    // Until when a post of this author may still arrive that is written without a transaction.
    inserts_until: { bsonType: 'date' },
    // The tombstone: no post of this author may be made any more.
    tombstone_time: { bsonType: 'date' },
    // How many posts were deleted since.
    deleted: { bsonType: ['int', 'long'], minimum: 0 },
  },
};

/** What keeps new posts of an author and the author's deletion apart: both write the author's guard. It stays for good. */
export async function up(db: Db): Promise<void> {
  await ensureCollection(db, { name: 'author_guards', schema });
}

export async function down(db: Db): Promise<void> {
  await db.dropCollection('author_guards');
}

import { randomBytes } from 'node:crypto';
import { Binary, type Db } from 'mongodb';
import { isDuplicateKey } from './mongo-errors.ts';

interface SecretDocument {
  _id: string;
  secret: Binary;
  create_time: Date;
}

/** A secret of 32 bytes that all replicas share; whoever asks first makes it. */
export async function readServiceSecret(db: Db, name: string): Promise<Uint8Array> {
  try {
    return await findOrMake(db, name);
  } catch (error) {
    // Two made it at once; now it is there.
    if (!isDuplicateKey(error)) throw error;
    return findOrMake(db, name);
  }
}

async function findOrMake(db: Db, name: string): Promise<Uint8Array> {
  const made = { secret: new Binary(randomBytes(32)), create_time: new Date() };
  const found = await db
    .collection<SecretDocument>('service_secrets')
    .findOneAndUpdate({ _id: name }, { $setOnInsert: made }, { upsert: true, returnDocument: 'after' });
  if (found === null) throw new Error(`The secret ${name} was neither found nor made.`);
  return Uint8Array.from(found.secret.value());
}

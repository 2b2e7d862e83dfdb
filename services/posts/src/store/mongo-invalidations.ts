import type { InvalidationRecords, InvalidationWriter } from '@tandem/cache';
import type { CallBounds } from '@tandem/rpc';
import { type ClientSession, type Collection, type Db, ObjectId } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';

interface InvalidationDocument {
  _id: ObjectId;
  keys: string[];
  due_time: Date;
}

const statementTimeoutMs = 2_000;

/** Puts on record, within a transaction or by a statement of its own. */
export function createInvalidationWriter(
  db: Db,
  { session, call }: { session?: ClientSession; call: CallBounds },
): InvalidationWriter {
  return {
    async put(keys, { dueInMs = 0 } = {}) {
      if (keys.length === 0) return;
      const document = { _id: new ObjectId(), keys: [...keys], due_time: new Date(Date.now() + dueInMs) };
      const options = { ...(session === undefined ? {} : { session }), ...timeLeft(call) };
      await invalidationsOf(db).insertOne(document, options);
    },
  };
}

/** What is on record in the posts database. */
export function createMongoInvalidations(db: Db): InvalidationRecords {
  const invalidations = invalidationsOf(db);
  const bounds = (signal: AbortSignal) => ({ maxTimeMS: statementTimeoutMs, signal });
  return {
    async read({ dueOnly, afterId, limit }, signal) {
      const filter = {
        ...(afterId === undefined ? {} : { _id: { $gt: new ObjectId(afterId) } }),
        ...(dueOnly ? { due_time: { $lte: new Date() } } : {}),
      };
      const found = await translating(() =>
        invalidations.find(filter, bounds(signal)).sort({ _id: 1 }).limit(limit).toArray(),
      );
      return found.map(({ _id, keys, due_time }) => ({
        id: _id.toHexString(),
        keys,
        isDue: due_time.getTime() <= Date.now(),
      }));
    },
    async remove(ids, signal) {
      const gone = { _id: { $in: ids.map((id) => new ObjectId(id)) } };
      await translating(() => invalidations.deleteMany(gone, bounds(signal)));
    },
  };
}

function invalidationsOf(db: Db): Collection<InvalidationDocument> {
  return db.collection<InvalidationDocument>('cache_invalidations');
}

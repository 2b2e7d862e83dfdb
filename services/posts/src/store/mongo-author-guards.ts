import type { ClientSession, Collection, Db } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import type { StoreCall } from './store.ts';

/** What two clocks may differ by, and an insert may take beyond its `maxTimeMS`. */
const marginMs = 10_000;

export interface GuardDocument {
  _id: string;
  writes: number;
  inserts_until?: Date;
  tombstone_time?: Date;
  deleted?: number;
}

export interface GuardScope {
  readonly session: ClientSession;
  readonly call: StoreCall;
}

export function guardsOf(db: Db): Collection<GuardDocument> {
  return db.collection<GuardDocument>('author_guards');
}

/** Raises the guards and tells which of them have a tombstone. A write conflict where one is being written. */
export async function raiseGuards(
  guards: Collection<GuardDocument>,
  ids: readonly string[],
  { session, call, insertsUntil }: GuardScope & { insertsUntil?: Date },
): Promise<Set<string>> {
  const update = {
    $inc: { writes: 1 },
    ...(insertsUntil === undefined ? {} : { $max: { inserts_until: insertsUntil } }),
  };
  const [only, ...others] = ids;
  if (only === undefined) return new Set();
  if (others.length === 0) {
    const projection = { tombstone_time: 1 };
    const options = { upsert: true, returnDocument: 'after', projection, session, ...timeLeft(call) } as const;
    const guard = await guards.findOneAndUpdate({ _id: only }, update, options);
    return new Set(guard?.tombstone_time === undefined ? [] : [only]);
  }
  const updates = ids.map((_id) => ({ updateOne: { filter: { _id }, update, upsert: true } }));
  await guards.bulkWrite(updates, { session, ...timeLeft(call) });
  return findEnded(guards, ids, { session, call });
}

/** Which of them have a tombstone. */
export async function findEnded(
  guards: Collection<GuardDocument>,
  ids: readonly string[],
  { session, call }: Partial<GuardScope> & Pick<GuardScope, 'call'>,
): Promise<Set<string>> {
  const ended = { _id: { $in: [...ids] }, tombstone_time: { $exists: true } };
  const options = { projection: { _id: 1 }, ...(session === undefined ? {} : { session }), ...timeLeft(call) };
  const found = await guards.find(ended, options).toArray();
  return new Set(found.map(({ _id }) => _id));
}

/** Until when an insert that this call makes without a transaction is over for sure. */
export function boundInserts(call: StoreCall): Date {
  return new Date(Date.now() + timeLeft(call).maxTimeMS + marginMs);
}

export async function leaveTombstone(
  guards: Collection<GuardDocument>,
  _id: string,
  { session, call }: GuardScope,
): Promise<{ deleted: number; settled: boolean }> {
  // A pipeline, as the tombstone's time must stay that of the first.
  const update = [
    {
      $set: {
        writes: { $add: [{ $ifNull: ['$writes', 0] }, 1] },
        tombstone_time: { $ifNull: ['$tombstone_time', '$$NOW'] },
        deleted: { $ifNull: ['$deleted', 0] },
      },
    },
  ];
  const guard = await guards.findOneAndUpdate({ _id }, update, {
    upsert: true,
    returnDocument: 'after',
    session,
    ...timeLeft(call),
  });
  const settled = guard?.inserts_until === undefined || guard.inserts_until.getTime() < Date.now();
  return { deleted: guard?.deleted ?? 0, settled };
}

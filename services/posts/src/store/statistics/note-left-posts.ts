import { type StatisticsCollections, statementMs } from './statistics-collections.ts';

/** Whoever writes a long text indexes it himself; only what is left then is anybody else's. */
const firstPauseMs = 3_000;

/** Puts posts that are not indexed on the list of those that `indexLeftPosts` indexes; one that is there keeps its time. */
export async function noteLeftPosts(
  { toIndex }: Pick<StatisticsCollections, 'toIndex'>,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const noted = {
    notes: { $add: [{ $ifNull: ['$notes', 0] }, 1] },
    tries: { $ifNull: ['$tries', 0] },
    // The database's clock is the same for all.
    try_time: { $ifNull: ['$try_time', { $add: ['$$NOW', firstPauseMs] }] },
  };
  const notes = ids.map((_id) => ({ updateOne: { filter: { _id }, update: [{ $set: noted }], upsert: true } }));
  await toIndex.bulkWrite(notes, { ordered: false, maxTimeMS: statementMs });
}

import type { Collection } from 'mongodb';
import { generationMark, type StatisticsCollections, statementMs } from './statistics-collections.ts';

const batchSize = 2_000;

/** Removes what earlier counts have left, a little at a time. */
export async function removeOlderGenerations(
  { client, terms, entries }: StatisticsCollections,
  generation: number,
  signal: AbortSignal,
): Promise<void> {
  const mark = generationMark(generation);
  for (const { collectionName } of [terms, entries]) {
    await removeBefore(client.db().collection(collectionName), mark, signal);
  }
}

async function removeBefore(collection: Collection<{ _id: string }>, mark: string, signal: AbortSignal): Promise<void> {
  const options = { projection: { _id: 1 }, sort: { _id: 1 }, maxTimeMS: statementMs } as const;
  while (!signal.aborted) {
    const older = await collection.find({ _id: { $lt: mark } }, { ...options, limit: batchSize }).toArray();
    const last = older.at(-1);
    if (last === undefined) return;
    await collection.deleteMany({ _id: { $lte: last._id } }, { maxTimeMS: statementMs, writeConcern: { w: 1 } });
  }
}

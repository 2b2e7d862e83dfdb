import type { Collection } from 'mongodb';
import { generationMark, type StatisticsCollections, statementMs } from './statistics-collections.ts';

const batchSize = 2_000;

/** Generations in between: neither `after` (default: none) nor `before` is one of them. */
export interface GenerationRange {
  readonly after?: number | undefined;
  readonly before: number;
}

/** Removes what counts have left, a little at a time. */
export async function removeGenerations(
  { client, terms, entries }: StatisticsCollections,
  { after = -1, before }: GenerationRange,
  signal: AbortSignal,
): Promise<void> {
  const range = { $gte: generationMark(after + 1), $lt: generationMark(before) };
  for (const { collectionName } of [terms, entries]) {
    await removeRange(client.db().collection(collectionName), range, signal);
  }
}

async function removeRange(
  collection: Collection<{ _id: string }>,
  range: { $gte: string; $lt: string },
  signal: AbortSignal,
): Promise<void> {
  const options = { projection: { _id: 1 }, sort: { _id: 1 }, maxTimeMS: statementMs } as const;
  while (!signal.aborted) {
    const some = await collection.find({ _id: range }, { ...options, limit: batchSize }).toArray();
    const last = some.at(-1);
    if (last === undefined) return;
    const removed = { _id: { $gte: range.$gte, $lte: last._id } };
    await collection.deleteMany(removed, { maxTimeMS: statementMs, writeConcern: { w: 1 } });
  }
}

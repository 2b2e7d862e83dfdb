import { type Document, Timestamp } from 'mongodb';
import { analysisVersion } from '../../domain/analysis/analyse-text.ts';
import { type CountChanges, emptyChanges, sizeOf } from '../../domain/vocabulary/count-changes.ts';
import type { CountedPost } from '../../domain/vocabulary/count-post.ts';
import { hasVectorAt, type IndexState, isIndexed } from '../index-posts.ts';
import { isDuplicateKey } from '../mongo-errors.ts';
import { applyChanges } from './apply-changes.ts';
import { noteLeftPosts } from './note-left-posts.ts';
import { gatherChanges, hasReached, readPosition, watchPosts } from './post-changes.ts';
import { PostCounter } from './post-counter.ts';
import { removeGenerations } from './remove-generations.ts';
import { type CountsDocument, type StatisticsCollections, statementMs } from './statistics-collections.ts';

/** Another process has written the counts meanwhile. */
export class CountsMoved extends Error {}

/** The more at once, the fewer of them are written again and again: most posts have the same words. */
const flushedCounts = 200_000;
const chunkSize = 500;

/** Posts up to an id were read as they were at one time. */
interface Chunk {
  readonly upTo: string;
  readonly time: Timestamp;
}

/** A generation that nobody sees yet, and its sums. */
interface Draft {
  readonly generation: number;
  readonly sums: CountChanges;
  /** Not in the collections yet. */
  changes: CountChanges;
}

/**
 * Counts all posts into a new generation, while the one before goes on serving, and puts it in that one's place.
 *
 * The posts are read in chunks, each of one moment. The changes since the beginning are then added, but for those that a
 * post's chunk has seen.
 *
 * @throws CountsMoved when `before` was not the last word any more
 */
export async function recount(
  collections: StatisticsCollections,
  { before, signal }: { before: CountsDocument | undefined; signal: AbortSignal },
): Promise<CountsDocument> {
  const generation = await beginGeneration(collections);
  // Of counts that came to no end: those in between are nobody's.
  await removeGenerations(collections, { after: before?.generation, before: generation }, signal);
  const draft: Draft = { generation, sums: emptyChanges(), changes: emptyChanges() };
  const begin = await readPosition(collections);
  const chunks = await countChunks(collections, draft, signal);
  await using stream = watchPosts(collections, begin);
  const end = await readPosition(collections);
  const isCounted = ({ id, time }: { id: string; time: Timestamp }) => !hasSeen(chunks, { id, time });
  while (!hasReached(stream.resumeToken ?? begin, end)) {
    signal.throwIfAborted();
    await gatherChanges(stream, draft.changes, { maxCounts: flushedCounts, maxMs: 5_000, signal, isCounted });
    await flush(collections, draft);
  }
  await flush(collections, draft);
  return publish(collections, { draft, before, resumeToken: stream.resumeToken });
}

/** No two attempts write the same generation. */
async function beginGeneration({ leases }: StatisticsCollections): Promise<number> {
  const lease = await leases.findOneAndUpdate(
    { _id: 'lease' },
    { $inc: { generation: 1 } },
    { returnDocument: 'after', maxTimeMS: statementMs },
  );
  if (lease?.generation === undefined) throw new CountsMoved('Nobody holds the lease.');
  return lease.generation;
}

async function countChunks(collections: StatisticsCollections, draft: Draft, signal: AbortSignal): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for (let after = ''; ; after = chunks.at(-1)?.upTo ?? '') {
    signal.throwIfAborted();
    const { posts, time } = await readChunk(collections, after);
    const last = posts.at(-1);
    // What comes after the last of all posts was seen as well: there was nothing.
    chunks.push({ upTo: last?._id ?? lastId, time });
    if (last === undefined) return chunks;
    const counter = new PostCounter(draft.changes);
    for (const post of posts) await counter.add(post, 1);
    await counter.count();
    const left = posts.filter((post) => !isIndexed(post)).map(({ _id }) => _id);
    await noteLeftPosts(collections, left);
    if (sizeOf(draft.changes) >= flushedCounts) await flush(collections, draft);
  }
}

/** After every id that a post has. */
const lastId = '~';

type ReadPost = CountedPost & IndexState & { readonly _id: string };

const projection = {
  title: 1,
  tags: 1,
  content: 1,
  language: 1,
  published: 1,
  'search.version': 1,
  hasVector: hasVectorAt(),
};

/** As one command, whose answer tells the moment that it is of. */
async function readChunk(
  { client }: StatisticsCollections,
  after: string,
): Promise<{ posts: ReadPost[]; time: Timestamp }> {
  const answer: Document = await client.db().command({
    find: 'posts',
    filter: { _id: { $gt: after } },
    sort: { _id: 1 },
    projection,
    limit: chunkSize,
    batchSize: chunkSize,
    singleBatch: true,
    maxTimeMS: statementMs,
    readConcern: { level: 'snapshot' },
  });
  const { firstBatch, atClusterTime } = answer.cursor;
  if (!(atClusterTime instanceof Timestamp)) throw new Error('The database does not say of which moment a read is.');
  return { posts: firstBatch, time: atClusterTime };
}

function hasSeen(chunks: readonly Chunk[], { id, time }: { id: string; time: Timestamp }): boolean {
  let [low, high] = [0, chunks.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle]?.upTo ?? '') < id) low = middle + 1;
    else high = middle;
  }
  const chunk = chunks[low];
  return chunk !== undefined && time.lessThanOrEqual(chunk.time);
}

async function flush(collections: StatisticsCollections, draft: Draft): Promise<void> {
  const { changes, sums, generation } = draft;
  draft.changes = emptyChanges();
  sums.posts += changes.posts;
  sums.titleLength += changes.titleLength;
  sums.contentLength += changes.contentLength;
  for (const [language, count] of changes.languages) {
    sums.languages.set(language, (sums.languages.get(language) ?? 0) + count);
  }
  await applyChanges(collections, { changes, generation });
}

interface Publication {
  readonly draft: Draft;
  readonly before: CountsDocument | undefined;
  readonly resumeToken: CountsDocument['resume_token'];
}

async function publish(collections: StatisticsCollections, { draft, before, resumeToken }: Publication) {
  const { generation, sums } = draft;
  const counts: CountsDocument = {
    _id: 'counts',
    generation,
    analysis_version: analysisVersion,
    sequence: (before?.sequence ?? 0) + 1,
    resume_token: resumeToken,
    posts: sums.posts,
    title_length: sums.titleLength,
    content_length: sums.contentLength,
    languages: Object.fromEntries(sums.languages),
  };
  const filter = { _id: 'counts', sequence: before?.sequence ?? 0 } as const;
  const options = { upsert: before === undefined, maxTimeMS: statementMs };
  try {
    const { matchedCount, upsertedCount } = await collections.counts.replaceOne(filter, counts, options);
    if (matchedCount + upsertedCount > 0) return counts;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  throw new CountsMoved('Another process has counted the posts.');
}

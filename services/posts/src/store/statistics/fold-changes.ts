import type { ResumeToken } from 'mongodb';
import { type CountChanges, emptyChanges, sizeOf } from '../../domain/vocabulary/count-changes.ts';
import { createTransactionRunner } from '../mongo-transaction.ts';
import { applyChanges } from './apply-changes.ts';
import { noteLeftPosts } from './note-left-posts.ts';
import { gatherChanges, hasReached, watchPosts } from './post-changes.ts';
import { CountsMoved } from './recount.ts';
import { type CountsDocument, type StatisticsCollections, statementMs } from './statistics-collections.ts';

export interface Folding {
  readonly counts: CountsDocument;
  readonly signal: AbortSignal;
  /** Where to stop; undefined: at the signal. */
  readonly until?: ResumeToken;
  /** How many counts one transaction changes at first, by about a post more; more when it is quick. */
  readonly maxCounts: number;
  /** Called after each write, and when nothing was to be written. */
  readonly onFolded?: (counts: CountsDocument) => Promise<void>;
}

/** A position that moved while no post changed is kept so often, so that it does not fall out of the database's log. */
const keptPositionMs = 30_000;
/** Under a stream of changes; with the longest commit well within the 30 s after which a change is to be counted. */
const mostGatherMs = 15_000;
/** Next to the time of the commit before: folding takes a fifth of the time at most, however slow the database is. */
const gatherShare = 4;
/** A transaction has 3 s. On a busy database most of a small part's time is waiting, so that a larger one takes no longer. */
const quickCommitMs = 1_500;
const slowCommitMs = 2_200;
/** The more at once, the less each post costs: most have the same words. */
const mostCounts = 64_000;

/**
 * Adds the changes of posts to the counts as they come. The counts and the position up to which changes are in them are
 * written by one transaction: nothing is lost or counted twice, whoever is killed when.
 *
 * @throws HistoryLost; CountsMoved when another process writes; TransactionEnded when `maxCounts` is too much for one
 */
export async function foldChanges(collections: StatisticsCollections, folding: Folding): Promise<CountsDocument> {
  const { signal, until, onFolded } = folding;
  let { counts, maxCounts } = folding;
  let [keptAt, tookMs] = [performance.now(), 0];
  await using stream = watchPosts(collections, counts.resume_token);
  while (!signal.aborted) {
    const changes = emptyChanges();
    const left = new Set<string>();
    await gatherChanges(stream, changes, {
      maxCounts,
      minMs: until === undefined ? Math.min(tookMs * gatherShare, mostGatherMs) : 0,
      maxMs: mostGatherMs,
      signal,
      onNotIndexed: (id) => left.add(id),
    });
    await noteLeftPosts(collections, [...left]);
    const position = stream.resumeToken;
    const isDue = performance.now() - keptAt > keptPositionMs && position !== counts.resume_token;
    if (sizeOf(changes) > 0 || isDue) {
      const beganAt = performance.now();
      counts = await commitChanges(collections, { counts, changes, position });
      keptAt = performance.now();
      tookMs = keptAt - beganAt;
      if (sizeOf(changes) >= maxCounts) maxCounts = nextSize(maxCounts, { least: folding.maxCounts, tookMs });
    }
    await onFolded?.(counts);
    if (until !== undefined && hasReached(position ?? counts.resume_token, until)) return counts;
  }
  return counts;
}

function nextSize(counts: number, { least, tookMs }: { least: number; tookMs: number }): number {
  if (tookMs < quickCommitMs) return Math.min(counts * 2, mostCounts);
  return tookMs > slowCommitMs ? Math.max(counts / 2, least) : counts;
}

interface Commit {
  readonly counts: CountsDocument;
  readonly changes: CountChanges;
  readonly position: ResumeToken;
}

async function commitChanges(collections: StatisticsCollections, { counts, changes, position }: Commit) {
  const run = createTransactionRunner(collections.client);
  const call = { deadline: Date.now() + statementMs, signal: new AbortController().signal };
  return run(call, async (session) => {
    const written = await collections.counts.findOneAndUpdate(
      { _id: 'counts', sequence: counts.sequence },
      { $set: { resume_token: position }, $inc: toIncrements(changes) },
      { session, returnDocument: 'after', maxTimeMS: statementMs },
    );
    if (written === null) throw new CountsMoved('Another process counts the posts.');
    await applyChanges(collections, { changes, generation: counts.generation, session });
    return written;
  });
}

function toIncrements({ posts, titleLength, contentLength, languages }: CountChanges): Record<string, number> {
  const counts = [...languages].map(([language, count]) => [`languages.${language}`, count]);
  return {
    sequence: 1,
    posts,
    title_length: titleLength,
    content_length: contentLength,
    ...Object.fromEntries(counts),
  };
}

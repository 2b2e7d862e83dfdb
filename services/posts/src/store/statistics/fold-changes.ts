import type { ResumeToken } from 'mongodb';
import { emptyChanges, sizeOf } from '../../domain/vocabulary/count-changes.ts';
import { type Committed, commitChanges } from './commit-changes.ts';
import { noteLeftPosts } from './note-left-posts.ts';
import { gatherChanges, hasReached, watchPosts } from './post-changes.ts';
import type { CountsDocument, StatisticsCollections } from './statistics-collections.ts';

export interface Folding {
  readonly counts: CountsDocument;
  readonly signal: AbortSignal;
  /** Where to stop; undefined: at the signal. */
  readonly until?: ResumeToken;
  /** How many counts one transaction changes at first; more when it is quick. */
  readonly partCounts: number;
  /** Called after each write, and when nothing was to be written. */
  readonly onFolded?: (counts: CountsDocument) => Promise<void>;
}

/** A position that moved while no post changed is kept so often, so that it does not fall out of the database's log. */
const keptPositionMs = 30_000;
/** Under a stream of changes; with the longest commit well within the 30 s after which a change is to be counted. */
const mostGatherMs = 10_000;
/** Next to the time of the commit before: folding takes a fifth of the time at most, however slow the database is. */
const gatherShare = 4;
/** About so many are held in memory. The more at once, the less each post costs: most have the same words. */
const mostCounts = 200_000;

/**
 * Adds the changes of posts to the counts as they come. Nothing is lost or counted twice, whoever is killed when:
 * `commitChanges` says how.
 *
 * @throws HistoryLost; CountsMoved when another process writes; TransactionEnded when `partCounts` is too much for one
 */
export async function foldChanges(collections: StatisticsCollections, folding: Folding): Promise<CountsDocument> {
  const { signal, until, onFolded } = folding;
  let { counts, partCounts } = await finishBegun(collections, folding);
  let [keptAt, tookMs] = [performance.now(), 0];
  await using stream = watchPosts(collections, counts.resume_token);
  while (!signal.aborted) {
    const changes = emptyChanges();
    const left = new Set<string>();
    await gatherChanges(stream, changes, {
      maxCounts: mostCounts,
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
      ({ counts, partCounts } = await commitChanges(collections, {
        counts,
        changes,
        until: position,
        partCounts,
        signal,
      }));
      keptAt = performance.now();
      tookMs = keptAt - beganAt;
    }
    await onFolded?.(counts);
    if (until !== undefined && hasReached(position ?? counts.resume_token, until)) return counts;
  }
  return counts;
}

/** Gathers once more what somebody else, or an attempt before, has added to some of the counts only, and adds it to the others. */
async function finishBegun(
  collections: StatisticsCollections,
  { counts, partCounts, signal }: Pick<Folding, 'counts' | 'partCounts' | 'signal'>,
): Promise<Committed> {
  if (counts.begun === undefined) return { counts, partCounts };
  const { until } = counts.begun;
  const changes = emptyChanges();
  await using stream = watchPosts(collections, counts.resume_token);
  while (!hasReached(stream.resumeToken ?? counts.resume_token, until)) {
    signal.throwIfAborted();
    await gatherChanges(stream, changes, {
      maxCounts: Number.POSITIVE_INFINITY,
      maxMs: mostGatherMs,
      upTo: until,
      signal,
    });
  }
  return commitChanges(collections, { counts, changes, until, partCounts, signal });
}

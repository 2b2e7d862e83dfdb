import { setTimeout as pause } from 'node:timers/promises';
import type { BackgroundLog, OutcomeTeller } from '@tandem/rpc';
import { indexPosts } from '../index-posts.ts';
import { isUnavailable } from '../mongo-errors.ts';
import { describeFailure } from './describe-failure.ts';
import { type StatisticsCollections, statementMs, type ToIndexDocument } from './statistics-collections.ts';

export interface DuePosts {
  readonly signal: AbortSignal;
  /** Told of each post that could not be indexed, and why. */
  readonly log: Pick<BackgroundLog, 'warn'>;
}

export interface LeftPosts extends DuePosts {
  /** Told how each look at the list ended; of a database that does not answer whoever counts tells. */
  readonly tell: OutcomeTeller;
}

const lookMs = 1_000;
const maxDue = 100;
/** Less than a transaction tries: DeletePost and UpdatePost of the same post find their moment. */
const indexMs = 5_000;
const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;

/**
 * Indexes the posts that `noteLeftPosts` has listed, one after the other, until the signal. A post that cannot be indexed
 * holds up no other: it is tried again after pauses that grow to 5 min, for as long as it is there.
 */
export async function indexLeftPosts(collections: StatisticsCollections, left: LeftPosts): Promise<void> {
  const { signal, tell } = left;
  while (!signal.aborted) {
    try {
      await indexDuePosts(collections, left);
      tell(undefined);
    } catch (error) {
      if (!signal.aborted && !isUnavailable(error)) tell(describeFailure(error));
    }
    await pause(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Those whose time has come, once. */
export async function indexDuePosts(
  { posts, toIndex }: StatisticsCollections,
  { signal, log }: DuePosts,
): Promise<void> {
  const bounds = () => {
    signal.throwIfAborted();
    return { maxTimeMS: indexMs };
  };
  const isDue = { $expr: { $lte: ['$try_time', '$$NOW'] } };
  const due = await toIndex.find(isDue, { sort: { try_time: 1 }, limit: maxDue, maxTimeMS: statementMs }).toArray();
  for (const post of due) {
    try {
      await indexPosts(posts, [post._id], bounds);
      // Where it was noted again meanwhile, it stays and is looked at again.
      await toIndex.deleteOne({ _id: post._id, notes: post.notes }, { maxTimeMS: statementMs });
    } catch (error) {
      if (signal.aborted || isUnavailable(error)) throw error;
      await postpone(toIndex, post);
      log.warn({ problem: describeFailure(error) }, describePost(post));
    }
  }
}

function pauseMsAfter({ tries }: ToIndexDocument): number {
  return Math.min(firstPauseMs * 2 ** tries, longestPauseMs);
}

async function postpone(toIndex: StatisticsCollections['toIndex'], post: ToIndexDocument): Promise<void> {
  const later = { tries: post.tries + 1, try_time: { $add: ['$$NOW', pauseMsAfter(post)] } };
  await toIndex.updateOne({ _id: post._id }, [{ $set: later }], { maxTimeMS: statementMs });
}

function describePost(post: ToIndexDocument): string {
  const again = `tried ${post.tries + 1} times, again in ${pauseMsAfter(post) / 1_000} s`;
  return `search: no search finds post ${post._id}, as it cannot be indexed; ${again}. If this goes on, shorten or delete it.`;
}

import { type CallBounds, TandemError, untilAborted } from '@tandem/rpc';
import type { Collection } from 'mongodb';
import { seeThrough } from '../domain/post-event.ts';
import { timeLeft } from './mongo-bounds.ts';
import { ChangeFeed, type ChangeSource, type FeedLimits } from './mongo-change-feed.ts';
import { PostStream } from './mongo-change-stream.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { PostChanges, PostNews } from './post-changes.ts';

export interface PostChangesOptions extends FeedLimits {
  /** At most so long without news, in milliseconds; about a second may be added. */
  readonly heartbeatMs: number;
  /** How many may watch at once: the rest of what the server lets in are imports and exports. */
  readonly maxWatches: number;
  /** How long the feed's statement waits in the database for a change. */
  readonly awaitMs: number;
}

const defaults: PostChangesOptions = {
  heartbeatMs: 10_000,
  maxWatches: 192,
  awaitMs: 1_000,
  maxChanges: 10_000,
  maxBytes: 32 * 1024 * 1024,
};

/**
 * All watches of the process share one change stream: each one costs the database as much as all of them together, the
 * reading of its log and of a pre-image for each change. Who resumes from before what the shared one keeps reads a
 * stream of his own, without waiting in the database for more, until he has come so far.
 */
export function createPostChanges(
  posts: Collection<PostDocument>,
  options: Partial<PostChangesOptions> = {},
): PostChanges {
  const { heartbeatMs, ...limits } = { ...defaults, ...options };
  const lease = shareFeed(posts, limits);
  const openOwn = (after: string | undefined, call: CallBounds) =>
    new PostStream(posts, { after, awaitMs: 1, batchSize: 16, ...timeLeft(call) });

  return {
    async *watch({ filter, after }, call) {
      await using resources = new AsyncDisposableStack();
      const feed = resources.use(lease()).feed;
      await untilAborted(feed.open(), call.signal);
      let own = after !== undefined && feed.covers(after) ? undefined : resources.use(openOwn(after, call));
      let source: ChangeSource = own ?? feed.readFrom(after ?? '');
      for (let toldAt = Number.NEGATIVE_INFINITY; ; ) {
        const placed = await untilAborted(source.next(), call.signal);
        const { position } = source;
        const event = placed && seeThrough(filter, placed.change);
        if (position !== undefined && (event !== undefined || Date.now() - toldAt >= heartbeatMs)) {
          yield { event, position } satisfies PostNews;
          toldAt = Date.now();
        }
        if (own === undefined || position === undefined) continue;
        if (feed.covers(position)) {
          source = feed.readFrom(position);
          await own[Symbol.asyncDispose]();
          own = undefined;
        } else if (placed === undefined) await untilAborted(feed.advance(), call.signal);
      }
    },
  };
}

interface FeedLease extends AsyncDisposable {
  readonly feed: ChangeFeed;
}

/** One feed for all who hold a lease; with the last of them it ends. */
function shareFeed(
  posts: Collection<PostDocument>,
  { awaitMs, maxWatches, ...limits }: Omit<PostChangesOptions, 'heartbeatMs'>,
): () => FeedLease {
  const leases = new Map<ChangeFeed, number>();
  let current: ChangeFeed | undefined;
  const begin = () => {
    const maxTimeMS = 10_000;
    return new ChangeFeed(new PostStream(posts, { after: undefined, awaitMs, batchSize: 100, maxTimeMS }), limits);
  };
  return () => {
    const held = [...leases.values()].reduce((sum, count) => sum + count, 0);
    if (held >= maxWatches) throw tooMany(held);
    if (current === undefined || current.failed) current = begin();
    const feed = current;
    leases.set(feed, (leases.get(feed) ?? 0) + 1);
    return {
      feed,
      async [Symbol.asyncDispose]() {
        const left = (leases.get(feed) ?? 1) - 1;
        if (left > 0) return void leases.set(feed, left);
        leases.delete(feed);
        if (current === feed) current = undefined;
        await feed[Symbol.asyncDispose]();
      },
    };
  };
}

function tooMany(held: number): TandemError {
  return new TandemError('OVERLOADED', `${held} watches of posts are open, as many as may be. Try again later.`);
}

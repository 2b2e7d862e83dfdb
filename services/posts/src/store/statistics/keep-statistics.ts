import { setTimeout as pause } from 'node:timers/promises';
import { type BackgroundLog, createOutcomeTeller } from '@tandem/rpc';
import type { MongoClient } from 'mongodb';
import { v4 as newName } from 'uuid';
import { analysisVersion } from '../../domain/analysis/analyse-text.ts';
import { TransactionEnded } from '../store.ts';
import { describeFailure } from './describe-failure.ts';
import { foldChanges } from './fold-changes.ts';
import { indexLeftPosts, type LeftPosts } from './index-left-posts.ts';
import { HistoryLost, readPosition } from './post-changes.ts';
import { CountsMoved, recount } from './recount.ts';
import { removeGenerations } from './remove-generations.ts';
import { openStatistics, readCounts, type StatisticsCollections, statementMs } from './statistics-collections.ts';
import { withLease } from './statistics-lease.ts';

export interface StatisticsKeeperOptions {
  /** The name under which it holds the lease. Default one of its own. */
  readonly holder?: string;
  /** How long after a process was killed another may take its work over, in milliseconds. Default 8,000. */
  readonly leaseMs?: number;
  /** Told when the work cannot go on, and when it is done again. Default nobody. */
  readonly log?: BackgroundLog;
}

/** Counts in the background until it is disposed of. */
export interface StatisticsKeeper extends AsyncDisposable {
  /** Stops; whoever waits for the work has it at once. */
  stop(): Promise<void>;
}

const unheard: BackgroundLog = { info: () => undefined, warn: () => undefined };
const usualCounts = 4_000;
const fewestCounts = 250;
/** Readers look at what they have of a generation for seconds. */
const obsoleteMs = 60_000;

/**
 * Keeps the statistics of search fresh: of all processes the one that holds the lease does. Never fails: what goes wrong
 * is told and tried again.
 */
export function keepStatistics(client: MongoClient, options: StatisticsKeeperOptions = {}): StatisticsKeeper {
  const { holder = newName(), leaseMs = 8_000, log = unheard } = options;
  const collections = openStatistics(client);
  const ending = new AbortController();
  const work = runWhileWanted({ collections, holder, leaseMs, log, signal: ending.signal });
  const stop = () => {
    ending.abort();
    return work;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

interface Keeping {
  readonly collections: StatisticsCollections;
  readonly holder: string;
  readonly leaseMs: number;
  readonly log: BackgroundLog;
  readonly signal: AbortSignal;
}

async function runWhileWanted({ collections, holder, leaseMs, log, signal }: Keeping): Promise<void> {
  const tellOfCounts = createOutcomeTeller({ what: 'search statistics', log });
  const tell = createOutcomeTeller({ what: 'search: posts left to be indexed', log });
  while (!signal.aborted) {
    try {
      const isHolder = await withLease(collections.leases, { holder, leaseMs, signal }, (held) =>
        whileIndexing(collections, { signal: held, log, tell }, () =>
          countWhileHeld(collections, held, () => tellOfCounts(undefined)),
        ),
      );
      // Another process counts.
      if (!isHolder) tellOfCounts(undefined);
    } catch (error) {
      if (!signal.aborted) tellOfCounts(describeFailure(error));
    }
    await pause(leaseMs / 4, undefined, { signal }).catch(() => undefined);
  }
}

/** What is left to be indexed never holds up what is counted. */
async function whileIndexing(
  collections: StatisticsCollections,
  { signal, ...left }: LeftPosts,
  work: () => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  const indexing = indexLeftPosts(collections, { ...left, signal: AbortSignal.any([signal, ended.signal]) });
  try {
    await work();
  } finally {
    ended.abort();
    await indexing;
  }
}

async function countWhileHeld(
  collections: StatisticsCollections,
  signal: AbortSignal,
  onCounted: () => void,
): Promise<void> {
  let [serving, removeAt] = [-1, 0];
  const onFolded = async ({ generation }: { generation: number }) => {
    onCounted();
    if (generation !== serving) [serving, removeAt] = [generation, performance.now() + obsoleteMs];
    if (performance.now() < removeAt) return;
    removeAt = Number.POSITIVE_INFINITY;
    await removeGenerations(collections, { before: generation }, signal);
  };
  await countPosts(collections, { signal, onFolded });
}

/** Counts what has happened up to now, whoever else does; for tests and tools. */
export async function refreshStatistics(client: MongoClient): Promise<void> {
  const collections = openStatistics(client);
  const options = { holder: newName(), leaseMs: 60_000, signal: new AbortController().signal };
  const until = await readPosition(collections);
  const held = await withLease(collections.leases, options, (signal) => countPosts(collections, { signal, until }));
  if (!held) throw new Error('Another process counts the posts: stop it, or wait for what it does.');
}

interface Counting {
  readonly signal: AbortSignal;
  readonly until?: Awaited<ReturnType<typeof readPosition>>;
  readonly onFolded?: (counts: { generation: number }) => Promise<void>;
}

async function countPosts(collections: StatisticsCollections, counting: Counting): Promise<void> {
  const { signal } = counting;
  let [partCounts, isLost] = [usualCounts, false];
  while (!signal.aborted) {
    try {
      const before = await readCounts(collections, statementMs);
      // A later release has counted: its counts are left to it.
      if (before !== undefined && before.analysis_version > analysisVersion) return;
      const isOwn = before?.analysis_version === analysisVersion && !isLost;
      const counts = isOwn ? before : await recount(collections, { before, signal });
      isLost = false;
      await foldChanges(collections, { counts, partCounts, ...counting });
      if (counting.until !== undefined) return;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof HistoryLost) isLost = true;
      else if (error instanceof TransactionEnded && partCounts > fewestCounts) partCounts = Math.floor(partCounts / 4);
      else if (!(error instanceof CountsMoved)) throw error;
    }
  }
}

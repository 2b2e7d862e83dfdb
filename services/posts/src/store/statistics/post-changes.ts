import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type ChangeStream, type Document, MongoServerError, type ResumeToken, type Timestamp } from 'mongodb';
import type { CountChanges } from '../../domain/vocabulary/count-changes.ts';
import type { CountedPost } from '../../domain/vocabulary/count-post.ts';
import { hasVectorAt, type IndexState, isIndexed } from '../index-posts.ts';
import { PostCounter } from './post-counter.ts';
import type { StatisticsCollections } from './statistics-collections.ts';

/** What the change stream no longer has, or never had: only counting anew helps. */
export class HistoryLost extends Error {}

const lostCodes = new Set([47, 136, 260, 280, 286]);
const waitMs = 500;
const workMs = 5;
const countedFields = ['title', 'tags', 'content', 'language', 'published'] as const;

interface PostEvent extends Document {
  readonly _id: ResumeToken;
  readonly operationType: string;
  readonly documentKey: { readonly _id: string };
  readonly clusterTime: Timestamp;
  readonly fullDocument?: (CountedPost & Pick<IndexState, 'search'>) | null;
  readonly fullDocumentBeforeChange?: CountedPost | null;
  /** Of the post after the change. */
  readonly hasVector: boolean;
}

export type PostStream = ChangeStream<Document, Document>;

/** The changes of posts after a position, each with the post before and after. */
export function watchPosts({ posts }: Pick<StatisticsCollections, 'posts'>, resumeAfter: ResumeToken): PostStream {
  const images = countedFields.flatMap((field) => [`fullDocument.${field}`, `fullDocumentBeforeChange.${field}`]);
  const kept = ['operationType', 'documentKey', 'clusterTime', 'fullDocument.search.version', ...images];
  const projection = { ...Object.fromEntries(kept.map((name) => [name, 1])), hasVector: hasVectorAt('fullDocument.') };
  return posts.watch([{ $project: projection }], {
    fullDocument: 'required',
    fullDocumentBeforeChange: 'required',
    maxAwaitTimeMS: waitMs,
    resumeAfter,
  });
}

/** Where the changes are now: every change that was acknowledged before is before it. */
export async function readPosition({ posts }: Pick<StatisticsCollections, 'posts'>): Promise<ResumeToken> {
  const stream = posts.watch([{ $match: { operationType: 'none' } }], { maxAwaitTimeMS: 1 });
  try {
    await stream.tryNext();
    return stream.resumeToken;
  } finally {
    await stream.close();
  }
}

/** The tokens' text sorts as the changes do (https://www.mongodb.com/docs/manual/changeStreams/#resume-tokens). */
export function hasReached(position: ResumeToken, end: ResumeToken): boolean {
  return textOf(position) >= textOf(end);
}

function textOf(token: ResumeToken): string {
  const text = (token as { _data?: unknown } | null | undefined)?._data;
  if (typeof text !== 'string') throw new Error('The database gave a position of its changes that has no text.');
  return text;
}

export interface Gathering {
  /** Enough when so many counts change. */
  readonly maxCounts: number;
  /** Enough after so long, whatever waits. */
  readonly maxMs: number;
  /** So long more changes are waited for where none waits; not when there are none yet. Default 0. */
  readonly minMs?: number;
  /** Enough when all up to here are in; one that comes after it is read and not counted. Default none. */
  readonly upTo?: ResumeToken;
  /** Enough when it is aborted. */
  readonly signal: AbortSignal;
  /** Whether a change is to be counted. Default all. */
  readonly isCounted?: (change: { id: string; time: Timestamp }) => boolean;
  /** Told of posts that are not indexed, or were by an earlier release. */
  readonly onNotIndexed?: (id: string) => void;
}

/** Adds what happens to posts, until nothing waits or it is enough; the stream then stands behind it. */
export async function gatherChanges(
  stream: PostStream,
  changes: CountChanges,
  { maxCounts, maxMs, minMs = 0, upTo, signal, isCounted = () => true, onNotIndexed = () => undefined }: Gathering,
): Promise<void> {
  const counter = new PostCounter(changes);
  const beganAt = performance.now();
  const until = beganAt + maxMs;
  let turnAt = beganAt;
  while (counter.size < maxCounts && performance.now() < until && !signal.aborted) {
    if (upTo !== undefined && hasReached(stream.resumeToken, upTo)) break;
    const event = await orHistoryLost(() => stream.tryNext() as Promise<PostEvent | null>);
    if (event === null) {
      if (counter.size === 0 || performance.now() - beganAt >= minMs) break;
      await counter.count();
      continue;
    }
    if (upTo !== undefined && !hasReached(upTo, event._id)) break;
    const { before, after } = readImages(event);
    const { _id: id } = event.documentKey;
    if (after !== undefined && !isIndexed({ ...after, hasVector: event.hasVector })) onNotIndexed(id);
    if (isSameToCount(before, after)) continue;
    if (!isCounted({ id, time: event.clusterTime })) continue;
    if (before !== undefined) await counter.add(before, -1);
    if (after !== undefined) await counter.add(after, 1);
    if (performance.now() - turnAt < workMs) continue;
    // Calls are answered by the same thread.
    await nextTurn();
    turnAt = performance.now();
  }
  await counter.count();
}

function isSameToCount(before: CountedPost | undefined, after: CountedPost | undefined): boolean {
  if (before === undefined || after === undefined) return before === after;
  return countedFields.every((field) => isDeepStrictEqual(before[field], after[field]));
}

function readImages({ operationType, fullDocument, fullDocumentBeforeChange }: PostEvent) {
  const [before, after] = [fullDocumentBeforeChange ?? undefined, fullDocument ?? undefined];
  const hasBefore = operationType !== 'insert';
  const hasAfter = operationType !== 'delete';
  const isKnown = ['insert', 'update', 'replace', 'delete'].includes(operationType);
  if (!isKnown || (hasBefore && before === undefined) || (hasAfter && after === undefined)) {
    throw new HistoryLost(`The changes of posts hold one that cannot be counted (${operationType}).`);
  }
  return { before, after };
}

async function orHistoryLost<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof MongoServerError) || !lostCodes.has(Number(error.code))) throw error;
    throw new HistoryLost('The changes of posts since the last count are no longer kept.', { cause: error });
  }
}

import type { ResumeToken } from 'mongodb';
import type { CountChanges } from '../../domain/vocabulary/count-changes.ts';
import { createTransactionRunner } from '../mongo-transaction.ts';
import { applyChanges } from './apply-changes.ts';
import { CountsMoved } from './recount.ts';
import { type CountsDocument, type StatisticsCollections, statementMs } from './statistics-collections.ts';

/** A transaction has 3 s. On a busy database most of a small part's time is waiting, so that a larger one takes no longer. */
const quickCommitMs = 1_000;
const slowCommitMs = 2_000;
const mostPartCounts = 16_000;

export interface Commit {
  readonly counts: CountsDocument;
  /** All between the position of `counts` and `until`. */
  readonly changes: CountChanges;
  readonly until: ResumeToken;
  /** How many counts one transaction changes at first; more when it is quick. */
  readonly partCounts: number;
  readonly signal: AbortSignal;
}

export interface Committed {
  readonly counts: CountsDocument;
  /** What proved right. */
  readonly partCounts: number;
}

/**
 * Adds changes to the counts, in as many transactions as that takes. Each tells in the same write how many of the counts
 * are done, in their order, and the last one moves the position: whoever goes on after one that was killed gathers the same
 * changes from the same position, and begins behind those that are done.
 *
 * @throws CountsMoved when another process writes; TransactionEnded when a part is too much for one
 */
export async function commitChanges(
  collections: StatisticsCollections,
  { counts: before, changes, until, partCounts: firstCounts, signal }: Commit,
): Promise<Committed> {
  const ordered = { terms: sortByKey(changes.terms), entries: sortByKey(changes.entries) };
  const size = ordered.terms.length + ordered.entries.length;
  let [counts, partCounts] = [before, firstCounts];
  let done = before.begun?.done ?? 0;
  do {
    signal.throwIfAborted();
    const [from, beganAt] = [done, performance.now()];
    done = Math.min(done + partCounts, size);
    const move = done < size ? { begun: { until, done } } : { until, changes };
    counts = await commitPart(collections, { counts, move, part: slice(ordered, from, done) });
    if (done - from === partCounts) partCounts = nextSize(partCounts, performance.now() - beganAt);
  } while (done < size);
  return { counts, partCounts };
}

type Counts = Pick<CountChanges, 'terms' | 'entries'>;
type Ordered = {
  readonly [Kind in keyof Counts]: readonly (Counts[Kind] extends Map<string, infer T> ? [string, T] : never)[];
};

function sortByKey<T>(changes: ReadonlyMap<string, T>): [string, T][] {
  return [...changes].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Terms come first. */
function slice({ terms, entries }: Ordered, from: number, to: number): Counts {
  const [entriesFrom, entriesTo] = [from, to].map((at) => Math.max(0, at - terms.length));
  return { terms: new Map(terms.slice(from, to)), entries: new Map(entries.slice(entriesFrom, entriesTo)) };
}

function nextSize(counts: number, tookMs: number): number {
  if (tookMs < quickCommitMs) return Math.max(counts, Math.min(counts * 2, mostPartCounts));
  return tookMs > slowCommitMs ? Math.ceil(counts / 2) : counts;
}

interface Part {
  readonly counts: CountsDocument;
  readonly move: Pick<Required<CountsDocument>, 'begun'> | Pick<Commit, 'until' | 'changes'>;
  readonly part: Counts;
}

async function commitPart(collections: StatisticsCollections, { counts, move, part }: Part): Promise<CountsDocument> {
  const run = createTransactionRunner(collections.client);
  const call = { deadline: Date.now() + statementMs, signal: new AbortController().signal };
  return run({ ...call, divisible: true }, async (session) => {
    const written = await collections.counts.findOneAndUpdate(
      { _id: 'counts', sequence: counts.sequence },
      'begun' in move
        ? { $set: move, $inc: { sequence: 1 } }
        : { $set: { resume_token: move.until }, $unset: { begun: true }, $inc: toIncrements(move.changes) },
      { session, returnDocument: 'after', maxTimeMS: statementMs },
    );
    if (written === null) throw new CountsMoved('Another process counts the posts.');
    await applyChanges(collections, { changes: part, generation: counts.generation, session });
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

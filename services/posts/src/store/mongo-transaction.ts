import { setTimeout as pause } from 'node:timers/promises';
import { type Claim, TandemError } from '@tandem/rpc';
import type { ClientSession, MongoClient } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import {
  isEndedByServer,
  isSelectionFailure,
  isTooLargeForCache,
  isTransient,
  isUnavailable,
  isUnknownCommit,
  translateError,
} from './mongo-errors.ts';
import { type ClaimWriter, inProgress } from './mongo-idempotency.ts';
import type { TransactionRunner } from './mongo-transaction-runner.ts';
import { type StoreCall, TransactionEnded } from './store.ts';

/** A killed process's transaction holds its documents for 3 to 5 s (transactionLifetimeLimitSeconds); longer is hopeless. */
const maxRetryMs = 8_000;
/** A lost connection is worth a new one, a lost server is not worth the wait. */
const maxReconnectMs = 2_000;
/** How long a call waits for the one that holds its claim, before it is told that the request is in progress. */
const claimWaitMs = 1_000;
/** Past its lifetime of 3 s the server ends a transaction now as too long, now as a write conflict with nobody. */
const longAttemptMs = 2_500;
/** What stays of the deadline for the answer. */
const marginMs = 25;

export function createTransactionRunner(client: MongoClient): TransactionRunner {
  return async (call, work) => {
    const startedAt = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      const attemptedAt = Date.now();
      try {
        return await runOnce({ client, call }, work);
      } catch (error) {
        const ranMs = Date.now() - attemptedAt;
        if (call.divisible && isTransient(error) && ranMs > longAttemptMs) throw giveUp(error, call);
        if (!mayRunAgain(error, call)) throw translateError(error);
        const bounds = boundRetries(call, { error, startedAt });
        if (isSelectionFailure(error) || !(await pauseWithin(bounds, attempt))) throw giveUp(error, call);
      }
    }
  };
}

/** What the server ended for its size ends so again; for its length perhaps not, but smaller pieces are surer. */
function mayRunAgain(error: unknown, { divisible = false }: StoreCall): boolean {
  if (isEndedByServer(error)) return !divisible && !isTooLargeForCache(error);
  return isTransient(error) || isUnavailable(error);
}

/** Until when to try again, by what failed; before the commit, nothing that failed has taken effect. */
function boundRetries({ deadline, signal }: StoreCall, { error, startedAt }: { error: unknown; startedAt: number }) {
  const retryMs = isUnavailable(error) ? maxReconnectMs : maxRetryMs;
  return { deadline: Math.min(deadline, startedAt + retryMs), signal };
}

/** The record is claimed before `work`, and holds its result, and what it left to be indexed, before the commit. */
export function createClaimedRunner({ run, claims }: { run: TransactionRunner; claims: ClaimWriter }) {
  return async <T extends object>(
    call: StoreCall,
    work: (session: ClientSession) => Promise<T>,
    toIndex: ReadonlySet<string>,
  ): Promise<T> => {
    const { claim } = call;
    if (claim === undefined) return run(call, work);
    const waitUntil = Date.now() + claimWaitMs;
    return run(call, async (session) => {
      await claimOrGiveUp({ claims, claim, call, session, waitUntil });
      const result = await work(session);
      const cacheKeys = call.cacheKeys?.() ?? [];
      const answer = { kind: 'reply', bytes: claim.encodeReply(result), cacheKeys, toIndex: [...toIndex] } as const;
      await claims.answer(claim, answer, { session, call });
      return result;
    });
  };
}

interface Claiming {
  readonly claims: ClaimWriter;
  readonly claim: Claim;
  readonly call: StoreCall;
  readonly session: ClientSession;
  readonly waitUntil: number;
}

/** A write conflict at the claim says that its first attempt is not over: a moment's patience, then the caller is told. */
async function claimOrGiveUp({ claims, claim, call, session, waitUntil }: Claiming): Promise<void> {
  try {
    await claims.claim(claim, { session, call });
  } catch (error) {
    if (isTransient(error) && !isUnavailable(error) && Date.now() > waitUntil) inProgress();
    throw error;
  }
}

async function runOnce<T>(
  { client, call }: { client: MongoClient; call: StoreCall },
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const session = client.startSession();
  let ending: Promise<unknown> = Promise.resolve();
  try {
    session.startTransaction({
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      maxCommitTimeMS: timeLeft(call).maxTimeMS,
    });
    const result = await work(session);
    const committing = commit(session, call);
    ending = committing.catch(() => undefined);
    await withinDeadline(committing, call);
    return result;
  } finally {
    // Rolls back what was not committed; after a commit without an answer, once that is over.
    void ending.then(() => session.endSession()).catch(() => undefined);
  }
}

/** A commit whose outcome is unknown is sent again: the answer is then final. */
async function commit(session: ClientSession, call: StoreCall): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.commitTransaction();
    } catch (error) {
      if (!isUnknownCommit(error)) throw error;
      if (!(await pauseWithin(call, attempt))) throw outcomeUnknown(error);
    }
  }
}

async function withinDeadline(committing: Promise<void>, { deadline }: StoreCall): Promise<void> {
  if (deadline === Number.POSITIVE_INFINITY) return committing;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(outcomeUnknown(undefined)), Math.max(0, deadline - Date.now() - marginMs));
  try {
    await Promise.race([committing, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits a little, longer each time and never the same; false when the call has no time for that. */
async function pauseWithin(
  { deadline, signal }: Pick<StoreCall, 'deadline' | 'signal'>,
  attempt: number,
): Promise<boolean> {
  const pauseMs = Math.min(100, 2 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);
  if (signal.aborted) throw signal.reason;
  if (Date.now() + pauseMs + marginMs >= deadline) return false;
  await pause(pauseMs);
  return true;
}

/** Whether others or its own length stood in the way, smaller pieces of a divisible change find their moment sooner. */
function giveUp(error: unknown, { divisible = false }: StoreCall): unknown {
  if (isUnavailable(error) || isEndedByServer(error)) return translateError(error);
  if (divisible) return new TransactionEnded(error);
  return new TandemError(
    'STORE_UNAVAILABLE',
    'The database found no moment for this change beside others that are being made. Try again a little later.',
    { cause: error },
  );
}

function outcomeUnknown(cause: unknown): TandemError {
  return new TandemError(
    'OUTCOME_UNKNOWN',
    'The database did not answer whether the change was made. A retry with the same request_id settles it.',
    { cause },
  );
}

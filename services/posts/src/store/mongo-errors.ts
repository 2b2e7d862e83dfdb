import { TandemError } from '@tandem/rpc';
import {
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';
import { TransactionEnded } from './store.ts';

const duplicateKey = 11000;
const overdue = new Set([50, 262]);
const tooLargeForCache = 388;
/** It outlived `transactionLifetimeLimitSeconds` (290 during a statement, 251 after), or outgrew the server's cache. */
const endedTransaction = new Set([251, 290, tooLargeForCache]);
/** No primary, stepping down, shutting down, or not enough members for a majority. */
const unavailable = new Set([6, 7, 64, 89, 91, 100, 189, 9001, 10107, 11600, 11602, 13435, 13436]);
/** While an index is built anew, as a migration does: there is none, or it went while a statement was reading it. */
const withoutIndex = new Set([27, 175]);

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === duplicateKey;
}

/** The whole transaction may run again. */
export function isTransient(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel('TransientTransactionError');
}

/** The server has ended the transaction by itself; a bulk write's error has the code too, but 290 never a label. */
export function isEndedByServer(error: unknown): boolean {
  return error instanceof MongoServerError && endedTransaction.has(Number(error.code));
}

/** The same work would outgrow the server's cache again. */
export function isTooLargeForCache(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === tooLargeForCache;
}

/** No server was found within the selection timeout: to ask again at once is no use. */
export function isSelectionFailure(thrown: unknown): boolean {
  return unwrapBulkError(thrown) instanceof MongoServerSelectionError;
}

/**
 * A commit failed in a way that leaves open whether it took effect: anything but a server's clear no. The driver itself
 * stumbles over a socket's error in a commit and throws something of its own.
 */
export function isUnknownCommit(error: unknown): boolean {
  if (!(error instanceof MongoServerError) || isUnavailable(error)) return true;
  return error.hasErrorLabel('UnknownTransactionCommitResult');
}

/** The database could not be asked, or could not answer for a majority. */
export function isUnavailable(thrown: unknown): boolean {
  const error = unwrapBulkError(thrown);
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (error instanceof MongoNotConnectedError || error instanceof MongoTopologyClosedError) return true;
  if (error instanceof MongoError && error.name === 'MongoPoolClosedError') return true;
  if (error instanceof MongoWriteConcernError || isSocketError(error)) return true;
  return error instanceof MongoServerError && unavailable.has(Number(error.code));
}

/** A bulk write puts whatever stopped it into an error of its own. */
function unwrapBulkError(error: unknown): unknown {
  return error instanceof MongoServerError && error.errorResponse instanceof Error ? error.errorResponse : error;
}

/** The driver passes on as it is what a socket throws while it is written to. */
function isSocketError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** What a driver's error is to the service; the driver's own text stays in `cause`, for the log. */
export function translateError(error: unknown): unknown {
  if (error instanceof TandemError) return error;
  if (error instanceof MongoError && error.name === 'MongoWaitQueueTimeoutError') {
    return new TandemError('OVERLOADED', 'All connections to the database are in use. Try again a little later.', {
      cause: error,
    });
  }
  if (isUnavailable(error)) return storeUnavailable(error);
  if (isEndedByServer(error)) return new TransactionEnded(error);
  if (error instanceof MongoServerError && overdue.has(Number(error.code))) {
    return new TandemError('DEADLINE_EXCEEDED', 'The database did not finish within the time left for the call.', {
      cause: error,
    });
  }
  if (error instanceof MongoServerError && withoutIndex.has(Number(error.code))) {
    return new TandemError(
      'STORE_UNAVAILABLE',
      'An index of the posts database that this needs is not there, as while it is built anew. Try again a little later; where this goes on, a migration is missing.',
      { cause: error },
    );
  }
  return error;
}

export function storeUnavailable(cause: unknown): TandemError {
  return new TandemError('STORE_UNAVAILABLE', 'The posts database does not answer. Try again a little later.', {
    cause,
  });
}

/** Runs a statement; what the driver throws comes out translated. */
export async function translating<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    throw translateError(error);
  }
}

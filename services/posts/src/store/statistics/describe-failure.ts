import { MongoServerError } from 'mongodb';
import { isUnavailable } from '../mongo-errors.ts';

/** What went wrong in the background, for the log: a driver's own words may hold addresses and values. */
export function describeFailure(error: unknown): string {
  if (isUnavailable(error)) return 'the database does not answer';
  if (error instanceof MongoServerError) return `MongoDB's error ${error.code} (${error.codeName ?? 'unnamed'})`;
  return error instanceof Error ? error.name : 'for an unknown reason';
}

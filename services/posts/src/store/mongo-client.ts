import { MongoClient, type MongoClientOptions } from 'mongodb';

/**
 * Writes are acknowledged by a majority, and reads see only what a majority has: an acknowledged write is in the next
 * read of the same primary, and nothing that was read is ever rolled back. A primary that lost its majority without
 * knowing may answer what was true until then, for as long as an election takes.
 *
 * Never `timeoutMS`: each statement has its `maxTimeMS` from the call's deadline.
 */
const options = {
  appName: 'tandem-posts',
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  writeConcern: { w: 'majority', journal: true },
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 2_000,
  waitQueueTimeoutMS: 2_000,
  // A server that no longer answers is given up, and its connections with it, after this and connectTimeoutMS.
  heartbeatFrequencyMS: 2_000,
  maxPoolSize: 64,
  minPoolSize: 2,
  maxConnecting: 8,
  maxIdleTimeMS: 600_000,
} as const satisfies MongoClientOptions;

/** Not connected yet: the first statement connects. */
export function makeMongoClient(url: string): MongoClient {
  return new MongoClient(url, options);
}

import { type Db, type MongoClient, MongoError, MongoParseError, MongoServerSelectionError } from 'mongodb';
import { makeMongoClient } from './mongo-client.ts';

/** The migrations that this release's statements rely on, by the names under which they are recorded. */
export const requiredMigrations: readonly string[] = [
  '202611250900-posts',
  '202611250901-idempotency-records',
  '202611250902-service-secrets',
  '202611250903-posts-text',
  '202611261000-author-guards',
  '202611261001-reserved-posts',
  '202611261010-posts-pre-images',
  '202611261020-posts-search',
  '202611261030-search-terms',
  '202611301200-cache-invalidations',
  '202611301500-search-terms-by-index',
  '202611301600-records-to-index',
  '202611302200-posts-to-index',
];

const startTimeoutMs = 5_000;

/**
 * Connects to the posts database and makes sure that it can be served from.
 *
 * @throws an error of one line for a person: unreachable, no replica set, not migrated
 */
export async function openPostsDatabase(url: string): Promise<MongoClient> {
  const client = await explaining(url, async () => makeMongoClient(url));
  try {
    await assertServable(client.db(), url);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function assertServable(db: Db, url: string): Promise<void> {
  const hello = await explaining(url, () => db.command({ hello: 1 }));
  if (hello.setName === undefined && hello.msg !== 'isdbgrid') {
    throw new Error(
      `POSTS_DATABASE_URL: the MongoDB at ${hostsOf(url)} is no replica set, which transactions need; start it with --replSet and run rs.initiate() (one node is enough).`,
    );
  }
  const missing = await explaining(url, () => findMissingMigrations(db));
  if (missing.length === 0) return;
  throw new Error(`POSTS_DATABASE_URL: the database lacks ${missing.join(', ')}; run "npm run migrate -- up" first.`);
}

/** The required migrations that the database lacks, oldest first. */
async function findMissingMigrations(db: Db): Promise<string[]> {
  const applied = await db
    .collection<{ _id: string }>('migrations')
    .find({ _id: { $in: [...requiredMigrations] } }, { maxTimeMS: startTimeoutMs })
    .toArray();
  return requiredMigrations.filter((name) => !applied.some(({ _id }) => _id === name));
}

async function explaining<T>(url: string, statement: () => Promise<T>): Promise<T> {
  try {
    return await statement();
  } catch (error) {
    throw new Error(`POSTS_DATABASE_URL: ${explainFailure(error, url)}`, { cause: error });
  }
}

/** Why MongoDB could not be used, in one line that says what to do and holds no credentials. */
function explainFailure(error: unknown, url: string): string {
  const hosts = hostsOf(url);
  if (error instanceof MongoServerSelectionError) {
    if (isOfAnotherSet(error)) return explainOtherSet(url);
    return `no MongoDB that can be written to answers at ${hosts}; start it or correct the URL.`;
  }
  if (error instanceof MongoParseError || (error instanceof Error && error.cause instanceof TypeError))
    return 'the URL has a form or an option that MongoDB does not know; correct it.';
  const { code } = error instanceof MongoError ? error : { code: undefined };
  if (code === 18) return `the MongoDB at ${hosts} refuses these credentials; correct user or password in the URL.`;
  if (code === 13) return `the user in the URL may not read the database at ${hosts}; give it more permission.`;
  return `the MongoDB at ${hosts} cannot be used (${code ?? 'no answer'}); see its log.`;
}

/** All servers that answered were put aside, and none failed: that is what the driver makes of another set's name. */
function isOfAnotherSet({ reason }: MongoServerSelectionError): boolean {
  const servers = [...(reason?.servers.values() ?? [])];
  return reason?.setName != null && servers.every(({ type, error }) => type === 'Unknown' && error == null);
}

function explainOtherSet(url: string): string {
  const name = /[?&]replicaSet=([^&#]*)/.exec(url)?.[1];
  return `the MongoDB at ${hostsOf(url)} is of no replica set named "${name}"; correct replicaSet in the URL (rs.conf()._id tells the name), or leave it out.`;
}

/** Hosts alone: what comes before is a secret, what comes after may be long. */
function hostsOf(url: string): string {
  return /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?([^@/?#]+)/.exec(url)?.[1] ?? 'the given address';
}

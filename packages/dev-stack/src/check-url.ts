import { readFile } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import type { Attempts } from './attempts.ts';
import { sendRedisCommands } from './redis-command.ts';
import type { StoreName } from './store-name.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const POSTGRES_MINIMUM = 170_000;

/** The variable that names each store (architecture: the services read the same). */
export const URL_VARIABLES: Record<StoreName, 'USERS_DATABASE_URL' | 'POSTS_DATABASE_URL' | 'REDIS_URL'> = {
  postgres: 'USERS_DATABASE_URL',
  mongodb: 'POSTS_DATABASE_URL',
  redis: 'REDIS_URL',
};

const CHECKS: Record<StoreName, (url: string) => Promise<void>> = {
  postgres: checkPostgres,
  mongodb: checkMongodb,
  redis: checkRedis,
};

/**
 * The URL that the environment gives for a store (the variable, or the file that its `_FILE` variant names), when a
 * server that will do answers there.
 *
 * @param attempts gets a phrase when there is none or it will not do; never the URL, which may hold a password
 */
export async function findWorkingUrl(
  store: StoreName,
  { env, attempts }: { env: NodeJS.ProcessEnv; attempts: Attempts },
): Promise<string | undefined> {
  const variable = URL_VARIABLES[store];
  try {
    const url = await readVariable(variable, env);
    if (url === undefined) {
      attempts.absent.push(`${variable} is not set`);
      return undefined;
    }
    await CHECKS[store](url);
    return url;
  } catch (error) {
    attempts.unfit.push(`${variable} is set but will not do: ${describeFailure(error)}`);
    return undefined;
  }
}

async function readVariable(variable: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = env[`${variable}_FILE`];
  return env[variable] || (file ? (await readFile(file, 'utf8')).trim() : undefined);
}

/** A finding of our own, fit to be shown as it is. */
class UnfitStoreError extends Error {
  override readonly name = 'UnfitStoreError';
}

async function checkPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    const version = Number(rows[0]?.server_version_num);
    if (version < POSTGRES_MINIMUM) {
      throw new UnfitStoreError(`it is PostgreSQL ${Math.floor(version / 10_000)}, but 17 is needed`);
    }
  } finally {
    await client.end().catch(() => {});
  }
}

async function checkMongodb(url: string): Promise<void> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: CONNECT_TIMEOUT_MS });
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    const isCluster = hello.setName !== undefined || hello.msg === 'isdbgrid';
    if (!isCluster) throw new UnfitStoreError('it is no replica set, which transactions and change streams need');
  } finally {
    await client.close();
  }
}

/** Of several nodes, or sentinels, the first answers for all. */
async function checkRedis(url: string): Promise<void> {
  const first = url.split(',')[0] ?? url;
  await sendRedisCommands(first.replace(/^redis\+sentinel:\/\/([^/]*).*$/, 'redis://$1'), [['PING']]);
}

/** The kind of failure without a driver's text, which may hold what the URL holds. */
function describeFailure(error: unknown): string {
  if (error instanceof UnfitStoreError) return error.message;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_INVALID_URL') return 'it is no URL';
  return typeof code === 'string' ? `no usable answer (${code})` : 'no usable answer';
}

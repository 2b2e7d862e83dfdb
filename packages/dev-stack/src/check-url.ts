import { resolveFileVariables } from '@tandem/rpc/variables';
import { MongoClient, MongoParseError, MongoServerSelectionError } from 'mongodb';
import pg from 'pg';
import { sendRedisCommands } from './redis-command.ts';
import { type StoreName, TITLES } from './store-name.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const POSTGRES_MINIMUM = 170_000;

/** The variable that names each store (architecture: the services read the same). */
export const URL_VARIABLES: Record<StoreName, 'USERS_DATABASE_URL' | 'POSTS_DATABASE_URL' | 'REDIS_URL'> = {
  postgres: 'USERS_DATABASE_URL',
  mongodb: 'POSTS_DATABASE_URL',
  redis: 'REDIS_URL',
};

interface UrlForm {
  /** The first host, behind user and password. */
  readonly pattern: RegExp;
  readonly example: string;
}

/** The forms that the services take; whoever needs a closer look takes it when connecting. */
const FORMS: Record<StoreName, UrlForm> = {
  postgres: {
    pattern: /^postgres(?:ql)?:\/\/(?:[^@/?#]*@)?([^@/?#]+)\/[^/?#@]+(?:\?[^#]*)?$/,
    example: 'postgres://user@host:5432/tandem_users',
  },
  mongodb: {
    pattern: /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?([^@/?#]+)\/[^/?#@]+(?:\?[^#]*)?$/,
    example: 'mongodb://host:27017/tandem_posts?replicaSet=name',
  },
  redis: { pattern: /^(?:rediss?|redis\+sentinel):\/\/(?:[^@/?#]*@)?([^@/?#,]+)/, example: 'redis://host:6379' },
};

const CHECKS: Record<StoreName, (url: string) => Promise<void>> = {
  postgres: checkPostgres,
  mongodb: checkMongodb,
  redis: checkRedis,
};

/**
 * The URL that the environment gives for a store (the variable, or the file that its `_FILE` variant names).
 *
 * @returns undefined when it gives none
 * @throws in one line, which holds neither user nor password, when it is no such URL or no server that will do answers
 *   there: who names a store does not mean another one
 */
export async function findGivenUrl(store: StoreName, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const variable = URL_VARIABLES[store];
  const { [variable]: url } = resolveFileVariables(env, [variable]);
  if (url === undefined) return undefined;
  const { pattern, example } = FORMS[store];
  const host = pattern.exec(url)?.[1];
  if (host === undefined) {
    throw new Error(
      `${variable} is not of the form ${example} (special characters in user and password are percent-encoded): ` +
        'correct it, or unset it to have a local one started.',
    );
  }
  try {
    await CHECKS[store](url);
    return url;
  } catch (error) {
    throw new Error(
      `${variable} is set, but the ${TITLES[store]} at ${host} cannot be used: ${describeFailure(error, url)}. ` +
        'Start or correct it, or unset the variable to have a local one started.',
      { cause: error },
    );
  }
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
function describeFailure(error: unknown, url: string): string {
  if (error instanceof UnfitStoreError) return error.message;
  const causes = [error, error instanceof Error ? error.cause : undefined];
  const isMalformed = causes.some((cause) => cause instanceof MongoParseError || cause instanceof TypeError);
  if (isMalformed) return 'the URL has a port, a form or an option that there is not';
  const set = /[?&]replicaSet=([^&#]*)/.exec(url)?.[1];
  if (error instanceof MongoServerSelectionError && set !== undefined) {
    return `no usable answer from a replica set named ${set}`;
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? `no usable answer (${code})` : 'no usable answer';
}

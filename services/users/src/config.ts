import { checkRedisUrl, redisUrlHint } from '@tandem/cache';
import {
  listenVariable,
  parsedVariable,
  readVariables,
  type ServerConfig,
  serverVariables,
  targetVariable,
  toServerConfig,
  type Variables,
  wholeNumberVariable,
} from '@tandem/rpc';
import { z } from 'zod';

/** What the users service is started with. */
export interface UsersConfig extends ServerConfig {
  readonly databaseUrl: string;
  /** Undefined: EVENTUAL reads read the primary. */
  readonly databaseReadUrl: string | undefined;
  readonly poolSize: number;
  readonly poolOverflow: number;
  readonly slowStatementMs: number;
  /** The posts service, as a gRPC target. */
  readonly postsTarget: string;
  /** Undefined: without a cache. */
  readonly redisUrl: string | undefined;
  /** Whether each write puts on record what has to go from the cache, not only where Redis did not confirm. */
  readonly recordsAll: boolean;
  /** How many failed logins there may be in a window that begins with the first. */
  readonly logins: {
    readonly failuresPerIdentifier: number;
    readonly failuresPerIp: number;
    readonly windowSeconds: number;
  };
}

const databaseUrlExample = 'postgres://user@host:5432/tandem_users';

const databaseUrlVariable = parsedVariable(checkDatabaseUrl, `must be a URL such as ${databaseUrlExample}`);

const variables = {
  ...serverVariables,
  USERS_DATABASE_URL: z
    .string({ error: `is missing; give the URL of the users database, as ${databaseUrlExample}` })
    .pipe(databaseUrlVariable),
  USERS_DATABASE_READ_URL: databaseUrlVariable.optional(),
  USERS_DATABASE_POOL_SIZE: wholeNumberVariable({ min: 1, max: 500 }).default(8),
  USERS_DATABASE_POOL_OVERFLOW: wholeNumberVariable({ min: 0, max: 500 }).default(8),
  /** 0: every statement. */
  USERS_DATABASE_SLOW_STATEMENT_MS: wholeNumberVariable({ min: 0, max: 600_000 }).default(500),
  POSTS_TARGET: targetVariable('127.0.0.1:50052'),
  REDIS_URL: parsedVariable(checkRedisUrl, redisUrlHint).optional(),
  CACHE_INVALIDATION_RECORDS: z
    .enum(['unconfirmed', 'all'], { error: 'must be "unconfirmed" or "all"' })
    .default('unconfirmed'),
  LOGIN_FAILURES_PER_IDENTIFIER: wholeNumberVariable({ min: 1, max: 1_000_000 }).default(10),
  LOGIN_FAILURES_PER_IP: wholeNumberVariable({ min: 1, max: 1_000_000 }).default(100),
  LOGIN_WINDOW_SECONDS: wholeNumberVariable({ min: 1, max: 86_400 }).default(900),
  USERS_LISTEN: listenVariable('127.0.0.1:50051'),
  USERS_EDGE_LISTEN: listenVariable('127.0.0.1:8051'),
};

/**
 * Reads the service's variables.
 *
 * @throws ConfigError with all bad values together
 */
export function readUsersConfig(env: Variables): UsersConfig {
  const values = readVariables(variables, env);
  return {
    databaseUrl: values.USERS_DATABASE_URL,
    databaseReadUrl: values.USERS_DATABASE_READ_URL,
    poolSize: values.USERS_DATABASE_POOL_SIZE,
    poolOverflow: values.USERS_DATABASE_POOL_OVERFLOW,
    slowStatementMs: values.USERS_DATABASE_SLOW_STATEMENT_MS,
    postsTarget: values.POSTS_TARGET,
    redisUrl: values.REDIS_URL,
    recordsAll: values.CACHE_INVALIDATION_RECORDS === 'all',
    logins: {
      failuresPerIdentifier: values.LOGIN_FAILURES_PER_IDENTIFIER,
      failuresPerIp: values.LOGIN_FAILURES_PER_IP,
      windowSeconds: values.LOGIN_WINDOW_SECONDS,
    },
    ...toServerConfig(values, { listen: values.USERS_LISTEN, edgeListen: values.USERS_EDGE_LISTEN }),
  };
}

function checkDatabaseUrl(text: string): string {
  const { protocol, hostname, pathname } = new URL(text);
  if (!['postgres:', 'postgresql:'].includes(protocol)) throw new Error('another protocol');
  if (hostname === '' || pathname.length < 2) throw new Error('no host or no database');
  return text;
}

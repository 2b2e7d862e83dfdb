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
} from '@tandem/rpc';
import { z } from 'zod';

/** What the posts service is started with. */
export interface PostsConfig extends ServerConfig {
  readonly databaseUrl: string;
  /** The users service, as a gRPC target. */
  readonly usersTarget: string;
  /** Undefined: without a cache. */
  readonly redisUrl: string | undefined;
  /** Whether each write puts on record what has to go from the cache, not only where Redis did not confirm. */
  readonly recordsAll: boolean;
}

/** Scheme, user and password, hosts, database. A password with a bare @ / ? or # matches nothing: it must be encoded. */
const databaseUrlForm = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?[^@/?#]+\/[^/?#@]+(?:\?[^#]*)?$/;
const databaseUrlExample = 'mongodb://host:27017/tandem_posts?replicaSet=name';

const variables = {
  ...serverVariables,
  POSTS_DATABASE_URL: z
    .string({ error: `is missing; give the URL of the posts database, as ${databaseUrlExample}` })
    .regex(databaseUrlForm, `must be a URL such as ${databaseUrlExample}`),
  USERS_TARGET: targetVariable('127.0.0.1:50051'),
  REDIS_URL: parsedVariable(checkRedisUrl, redisUrlHint).optional(),
  CACHE_INVALIDATION_RECORDS: z
    .enum(['unconfirmed', 'all'], { error: 'must be "unconfirmed" or "all"' })
    .default('unconfirmed'),
  POSTS_LISTEN: listenVariable('127.0.0.1:50052'),
  POSTS_EDGE_LISTEN: listenVariable('127.0.0.1:8052'),
};

/**
 * Reads the service's variables.
 *
 * @throws ConfigError with all bad values together
 */
export function readPostsConfig(env: Variables): PostsConfig {
  const values = readVariables(variables, env);
  return {
    databaseUrl: values.POSTS_DATABASE_URL,
    usersTarget: values.USERS_TARGET,
    redisUrl: values.REDIS_URL,
    recordsAll: values.CACHE_INVALIDATION_RECORDS === 'all',
    ...toServerConfig(values, { listen: values.POSTS_LISTEN, edgeListen: values.POSTS_EDGE_LISTEN }),
  };
}

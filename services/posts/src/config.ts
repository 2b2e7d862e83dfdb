import { checkRedisUrl, redisUrlHint } from '@tandem/cache';
import {
  listenVariable,
  parsedVariable,
  readVariables,
  type ServerConfig,
  serverVariables,
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
}

/** Scheme, user and password, hosts, database. A password with a bare @ / ? or # matches nothing: it must be encoded. */
const databaseUrlForm = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?[^@/?#]+\/[^/?#@]+(?:\?[^#]*)?$/;
const databaseUrlExample = 'mongodb://host:27017/tandem_posts?replicaSet=name';
/** A host with its port, or a URI of a scheme that grpc-js knows. */
const targetForm = /^(?:(?:dns|ipv4|ipv6):(?:\/\/[^/\s]*\/)?)?(?:\[[^\]\s]+\]|[^:/\s]+):(\d{1,5})$|^unix:\S+$/;

const variables = {
  ...serverVariables,
  POSTS_DATABASE_URL: z
    .string({ error: `is missing; give the URL of the posts database, as ${databaseUrlExample}` })
    .regex(databaseUrlForm, `must be a URL such as ${databaseUrlExample}`),
  USERS_TARGET: z
    .string()
    .default('127.0.0.1:50051')
    .refine(isTarget, 'must be a gRPC target such as 127.0.0.1:50051 or dns:///users:50051'),
  REDIS_URL: parsedVariable(checkRedisUrl, redisUrlHint).optional(),
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
    ...toServerConfig(values, { listen: values.POSTS_LISTEN, edgeListen: values.POSTS_EDGE_LISTEN }),
  };
}

function isTarget(text: string): boolean {
  const match = targetForm.exec(text);
  return match !== null && Number(match[1] ?? 1) <= 65_535;
}

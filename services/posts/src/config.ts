import { parseRedisUrl } from '@tandem/cache';
import { type ListenAddress, LOG_LEVELS, type LogLevel, parseListenAddress } from '@tandem/rpc';
import { z } from 'zod';

/** What the posts service is started with. */
export interface PostsConfig {
  readonly databaseUrl: string;
  /** The users service, as a gRPC target. */
  readonly usersTarget: string;
  /** Undefined: without a cache. */
  readonly redisUrl: string | undefined;
  readonly listen: ListenAddress;
  readonly edgeListen: ListenAddress;
  /** Empty: made once and kept in the database. */
  readonly pageTokenKeys: readonly Uint8Array[];
  readonly authMode: 'open';
  readonly logLevel: LogLevel;
  readonly shutdownGraceMs: number;
}

/** Everything that is wrong with the variables, in one line; names them, never repeats what may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const maxShutdownGraceMs = 3_600_000;
const minKeyBytes = 16;
/** Scheme, user and password, hosts, database. A password with a bare @ / ? or # matches nothing: it must be encoded. */
const databaseUrlForm = /^mongodb(?:\+srv)?:\/\/(?:[^@/?#]*@)?[^@/?#]+\/[^/?#@]+(?:\?[^#]*)?$/;
const databaseUrlExample = 'mongodb://host:27017/tandem_posts?replicaSet=name';
/** A host with its port, or a URI of a scheme that grpc-js knows. */
const targetForm = /^(?:(?:dns|ipv4|ipv6):(?:\/\/[^/\s]*\/)?)?(?:\[[^\]\s]+\]|[^:/\s]+):(\d{1,5})$|^unix:\S+$/;

/** Tried by what parses it; why that failed is told by the message alone. */
function parsed<T>(parse: (text: string) => T, message: string) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return parse(text);
    } catch {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  };
}

const wholeNumber = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
};
const listenAddress = (fallback: string) =>
  z.string().default(fallback).transform(parsed(parseListenAddress, 'must be host:port, with a port from 0 to 65535'));

const variables = z.object({
  POSTS_DATABASE_URL: z
    .string({ error: `is missing; give the URL of the posts database, as ${databaseUrlExample}` })
    .regex(databaseUrlForm, `must be a URL such as ${databaseUrlExample}`),
  USERS_TARGET: z
    .string()
    .default('127.0.0.1:50051')
    .refine(isTarget, 'must be a gRPC target such as 127.0.0.1:50051 or dns:///users:50051'),
  REDIS_URL: z.string().transform(parsed(checkRedisUrl, 'must be a URL such as redis://host:6379')).optional(),
  POSTS_LISTEN: listenAddress('127.0.0.1:50052'),
  POSTS_EDGE_LISTEN: listenAddress('127.0.0.1:8052'),
  PAGE_TOKEN_KEYS: z
    .string()
    .default('')
    .transform(parsed(parseKeys, `must be comma-separated keys of at least ${minKeyBytes} bytes each`)),
  AUTH_MODE: z.literal('open', { error: 'must be "open", the only mode of this release' }).default('open'),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  SHUTDOWN_GRACE_MS: wholeNumber(0, maxShutdownGraceMs).default(10_000),
});

/**
 * Reads the service's variables; one that is empty counts as absent.
 *
 * @throws ConfigError with all bad values together
 */
export function readPostsConfig(env: Readonly<Record<string, string | undefined>>): PostsConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = variables.safeParse(given);
  if (!result.success) throw new ConfigError(describeIssues(result.error.issues));
  const values = result.data;
  return {
    databaseUrl: values.POSTS_DATABASE_URL,
    usersTarget: values.USERS_TARGET,
    redisUrl: values.REDIS_URL,
    listen: values.POSTS_LISTEN,
    edgeListen: values.POSTS_EDGE_LISTEN,
    pageTokenKeys: values.PAGE_TOKEN_KEYS,
    authMode: values.AUTH_MODE,
    logLevel: values.LOG_LEVEL,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
  };
}

function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const first = new Map<string, string>();
  for (const { path, message } of issues) {
    const name = String(path[0]);
    if (!first.has(name)) first.set(name, message);
  }
  return [...first].map(([name, message]) => `${name} ${message}`).join('; ');
}

function isTarget(text: string): boolean {
  const match = targetForm.exec(text);
  return match !== null && Number(match[1] ?? 1) <= 65_535;
}

function checkRedisUrl(text: string): string {
  parseRedisUrl(text);
  return text;
}

function parseKeys(text: string): Uint8Array[] {
  const keys = text
    .split(',')
    .map((key) => Buffer.from(key.trim()))
    .filter((key) => key.length > 0);
  if (keys.some((key) => key.length < minKeyBytes)) throw new Error('a key is too short');
  return keys;
}

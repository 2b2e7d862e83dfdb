import { z } from 'zod';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';
import { LOG_LEVELS, type LogLevel } from './logger.ts';
import { resolveFileVariables, type Variables } from './resolve-file-variables.ts';

/** Everything that is wrong with the variables, in one line; names them, never repeats what may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the variables that a shape names (each as `NAME`, or `NAME_FILE`); one that is empty counts as absent.
 *
 * @throws ConfigError with all bad values together
 * @throws Error as {@link resolveFileVariables} does
 */
export function readVariables<Shape extends z.ZodRawShape>(shape: Shape, env: Variables): z.output<z.ZodObject<Shape>> {
  const result = z.object(shape).safeParse(resolveFileVariables(env, Object.keys(shape)));
  if (!result.success) throw new ConfigError(describeIssues(result.error.issues));
  return result.data;
}

function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const first = new Map<string, string>();
  for (const { path, message } of issues) {
    const name = String(path[0]);
    if (!first.has(name)) first.set(name, message);
  }
  return [...first].map(([name, message]) => `${name} ${message}`).join('; ');
}

/** A transform by what parses the text; why that failed is told by the message alone, as the text may be a secret. */
export function parsedVariable<T>(parse: (text: string) => T, message: string) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

/** A whole number within bounds, both included. */
export function wholeNumberVariable({ min, max }: { min: number; max: number }) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** Where to listen; `host:port`. */
export function listenVariable(fallback: string) {
  return parsedVariable(parseListenAddress, 'must be host:port, with a port from 0 to 65535').prefault(fallback);
}

/** A host with its port, or a URI of a scheme that grpc-js knows. */
const targetForm = /^(?:(?:dns|ipv4|ipv6):(?:\/\/[^/\s]*\/)?)?(?:\[[^\]\s]+\]|[^:/\s]+):(\d{1,5})$|^unix:\S+$/;

/** Another service, as a gRPC target. */
export function targetVariable(fallback: string) {
  return z
    .string()
    .default(fallback)
    .refine(isTarget, `must be a gRPC target such as ${fallback} or dns:///host:${fallback.split(':').at(-1)}`);
}

function isTarget(text: string): boolean {
  const match = targetForm.exec(text);
  return match !== null && Number(match[1] ?? 1) <= 65_535;
}

const maxShutdownGraceMs = 3_600_000;
const maxWorkers = 256;
const minKeyBytes = 16;

/** The variables that mean the same to every service. */
export const serverVariables = {
  /** Empty: made once and kept in the service's database. */
  PAGE_TOKEN_KEYS: parsedVariable(
    parseKeys,
    `must be comma-separated keys of at least ${minKeyBytes} bytes each`,
  ).prefault(''),
  AUTH_MODE: z.literal('open', { error: 'must be "open", the only mode of this release' }).default('open'),
  /** How many processes serve behind one port. */
  WORKERS: wholeNumberVariable({ min: 1, max: maxWorkers }).default(1),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  /** Milliseconds from SIGTERM until what is not over is aborted. */
  SHUTDOWN_GRACE_MS: wholeNumberVariable({ min: 0, max: maxShutdownGraceMs }).default(10_000),
};

/** What `serverVariables` say, and where to listen. */
export interface ServerConfig {
  readonly listen: ListenAddress;
  readonly edgeListen: ListenAddress;
  /** Empty: made once and kept in the service's database. */
  readonly pageTokenKeys: readonly Uint8Array[];
  readonly authMode: 'open';
  /** How many processes serve behind one port. */
  readonly workers: number;
  readonly logLevel: LogLevel;
  readonly shutdownGraceMs: number;
}

/** The values of `serverVariables` by their names in a configuration, beside a service's own addresses. */
export function toServerConfig(
  values: z.output<z.ZodObject<typeof serverVariables>>,
  addresses: Pick<ServerConfig, 'listen' | 'edgeListen'>,
): ServerConfig {
  return {
    ...addresses,
    pageTokenKeys: values.PAGE_TOKEN_KEYS,
    authMode: values.AUTH_MODE,
    workers: values.WORKERS,
    logLevel: values.LOG_LEVEL,
    shutdownGraceMs: values.SHUTDOWN_GRACE_MS,
  };
}

function parseKeys(text: string): Uint8Array[] {
  const keys = text
    .split(',')
    .map((key) => Buffer.from(key.trim()))
    .filter((key) => key.length > 0);
  if (keys.some((key) => key.length < minKeyBytes)) throw new Error('a key is too short');
  return keys;
}

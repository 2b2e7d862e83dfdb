import { MongoServerSelectionError } from 'mongodb';
import { serverOf } from './database-url.ts';
import { MigrationError } from './migration-error.ts';

const otherSet = 'it is of no replica set of that name';

type Engine = 'PostgreSQL' | 'MongoDB';

const variables: Record<Engine, string> = { PostgreSQL: 'USERS_DATABASE_URL', MongoDB: 'POSTS_DATABASE_URL' };

/** Turns what a driver threw while connecting into one line that names the server but neither user nor password. */
export function connectionError(engine: Engine, url: string, error: unknown): MigrationError {
  const reason = reasonOf(error);
  const advice = adviceFor(reason);
  const message = `cannot use ${engine} at ${serverOf(url)} (${reason}): ${advice} ${variables[engine]}`;
  return new MigrationError(message, { cause: error });
}

/** Runs `work`; what a driver throws in it becomes that one line, a MigrationError passes as it is. */
export async function explainingFailures<Result>(
  { engine, url }: { engine: Engine; url: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof MigrationError ? error : connectionError(engine, url, error);
  }
}

function adviceFor(reason: string): string {
  if (reason === '28P01' || reason === '28000' || reason === 'AuthenticationFailed')
    return 'check user and password in';
  if (reason === '42501' || reason === 'Unauthorized') return 'give more permission to the user in';
  if (reason === otherSet) return 'correct replicaSet, or leave it out, in';
  if (['ERR_INVALID_URL', 'URIError', 'MongoParseError'].includes(reason)) return 'correct port, form and options of';
  if (reason === '3D000') return 'create that database, or correct its name in';
  return 'see that it runs, and check';
}

/** A driver's code; its message could repeat the URL. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return 'unknown failure';
  const { code, codeName } = error as Error & { code?: unknown; codeName?: unknown };
  if (typeof codeName === 'string') return codeName;
  if (typeof code === 'string') return code;
  if (isOfAnotherSet(error)) return otherSet;
  const inner = innerServerError(error) ?? error.cause;
  if (inner !== undefined) return reasonOf(inner);
  return /timeout|timed out/i.test(error.message) ? 'timed out' : error.name;
}

/** All servers that answered were put aside, and none failed: that is what MongoDB's driver makes of another set's name. */
function isOfAnotherSet(error: Error): boolean {
  if (!(error instanceof MongoServerSelectionError)) return false;
  const servers = [...(error.reason?.servers.values() ?? [])];
  return error.reason?.setName != null && servers.every((server) => server.type === 'Unknown' && server.error == null);
}

/** MongoDB's selection failure keeps the cause per server in its topology description. */
function innerServerError(error: Error): unknown {
  const { reason } = error as Error & { reason?: { servers?: Map<string, { error?: unknown }> } };
  if (!(reason?.servers instanceof Map)) return undefined;
  for (const server of reason.servers.values()) if (server.error != null) return server.error;
  return undefined;
}

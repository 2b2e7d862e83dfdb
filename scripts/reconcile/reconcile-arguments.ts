import { parseArgs } from 'node:util';
import { UsageError } from '../import/import-arguments.ts';

export interface ReconcileArguments {
  readonly usersUrl: string;
  readonly postsUrl: string;
  /** Whether what is found is repaired. */
  readonly fix: boolean;
}

export const usage = `Usage: npm run reconcile [-- --fix]

Compares the databases of USERS_DATABASE_URL and POSTS_DATABASE_URL, beside services that run, and prints what cannot be
true of both. On a healthy system it finds nothing. With --fix it repairs: what is to be deleted or ended is left to the
services as jobs.

Exit code: 0 nothing found, 2 something found (repaired or not), 1 anything else.`;

/** Reads the command line; undefined when it asks for help. */
export function parseReconcileArguments(
  args: readonly string[],
  { USERS_DATABASE_URL: usersUrl, POSTS_DATABASE_URL: postsUrl }: NodeJS.ProcessEnv,
): ReconcileArguments | undefined {
  const { fix = false, help } = readOptions(args);
  if (help) return undefined;
  if (!usersUrl || !postsUrl) throw new UsageError('USERS_DATABASE_URL and POSTS_DATABASE_URL are both needed');
  return { usersUrl, postsUrl, fix };
}

function readOptions(args: readonly string[]) {
  try {
    const options = { fix: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

import { resolveFileVariables } from '@tandem/rpc';
import { readOptions, UsageError } from '../read-options.ts';

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

const options = { fix: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
const urlVariables = ['USERS_DATABASE_URL', 'POSTS_DATABASE_URL'];

/** Reads the command line; undefined when it asks for help. */
export function parseReconcileArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ReconcileArguments | undefined {
  const { fix = false, help } = readOptions(args, { options, allowPositionals: false }).values;
  if (help) return undefined;
  const { USERS_DATABASE_URL: usersUrl, POSTS_DATABASE_URL: postsUrl } = resolveFileVariables(env, urlVariables);
  if (!usersUrl || !postsUrl) throw new UsageError('USERS_DATABASE_URL and POSTS_DATABASE_URL are both needed');
  return { usersUrl, postsUrl, fix };
}

import { resolveFileVariables } from '@tandem/rpc';
import { readOptions, UsageError } from '../read-options.ts';

export type JobsArguments = { readonly url: string } & (
  | { readonly command: 'list'; readonly limit: number }
  | { readonly command: 'show'; readonly id: string }
  | { readonly command: 'retry'; readonly ids: readonly string[] | 'dead' }
);

export const usage = `Usage: npm run jobs -- list [--limit N]   what is not done, dead letters first (default: the first 50)
       npm run jobs -- show ID            all that is known of one job
       npm run jobs -- retry ID…          has jobs tried at once; takes them out of the dead letters
       npm run jobs -- retry --dead       all dead letters

ID is what list shows. The database is that of USERS_DATABASE_URL.

Exit code: 0 done, 1 anything else.`;

const maxLimit = 10_000;
const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const options = {
  limit: { type: 'string', default: '50' },
  dead: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line; undefined when it asks for help. */
export function parseJobsArguments(args: readonly string[], env: NodeJS.ProcessEnv): JobsArguments | undefined {
  const { values, positionals } = readOptions(args, { options, allowPositionals: true });
  if (values.help) return undefined;
  const { USERS_DATABASE_URL: url } = resolveFileVariables(env, ['USERS_DATABASE_URL']);
  if (!url) throw new UsageError('USERS_DATABASE_URL is missing; give the URL of the users database');
  const [command, ...ids] = positionals;
  for (const id of ids) if (!idForm.test(id)) throw new UsageError(`${id} is no job's id`);
  if (command === 'list' && ids.length === 0) return { url, command, limit: readLimit(values.limit) };
  const [id, ...others] = ids;
  if (command === 'show' && id !== undefined && others.length === 0) return { url, command, id };
  if (command === 'retry' && values.dead && ids.length === 0) return { url, command, ids: 'dead' };
  if (command === 'retry' && !values.dead && ids.length > 0) return { url, command, ids };
  throw new UsageError(`what to do is list, show ID, retry ID… or retry --dead, not "${positionals.join(' ')}"`);
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to ${maxLimit}`);
}

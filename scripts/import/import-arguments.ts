import { defaultTargets, type ServiceName } from '../default-targets.ts';
import { readOptions, UsageError } from '../read-options.ts';

export type DuplicateMode = 'error' | 'skip' | 'update';

export interface ImportArguments {
  readonly kind: ServiceName;
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly onDuplicate: DuplicateMode;
  /** A gRPC target. */
  readonly target: string;
  readonly failuresPath: string | undefined;
}

export const usage = `Usage: npm run import -- users|posts FILE [options]

FILE has one JSON object a line, with the fields of ImportUserRow or ImportPostRow; - is standard input; gzip is unpacked.

  --on-duplicate error|skip|update   what to do with a row that is there already (default skip: a second run is safe)
  --target HOST:PORT                 the service (default 127.0.0.1:50051 for users, 127.0.0.1:50052 for posts)
  --failures FILE                    write every refused row there: one JSON object a line with line, row, reason, message

Exit code: 0 all rows are in, 2 some were refused, 1 anything else.`;

const duplicateModes: readonly string[] = ['error', 'skip', 'update'] satisfies DuplicateMode[];

const options = {
  'on-duplicate': { type: 'string', default: 'skip' },
  target: { type: 'string' },
  failures: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the command line; undefined when it asks for help. */
export function parseImportArguments(args: readonly string[]): ImportArguments | undefined {
  const { values, positionals } = readOptions(args, { options, allowPositionals: true });
  if (values.help) return undefined;
  const [kind, file, ...rest] = positionals;
  if (kind !== 'users' && kind !== 'posts')
    throw new UsageError(`what to import is users or posts, not ${kind ?? 'nothing'}`);
  if (!file) throw new UsageError('the file is missing; - reads standard input');
  if (rest.length > 0) throw new UsageError(`one file at a time: ${rest.join(' ')} is too much`);
  return {
    kind,
    file,
    onDuplicate: readDuplicateMode(values['on-duplicate']),
    target: values.target || defaultTargets[kind],
    failuresPath: values.failures,
  };
}

function readDuplicateMode(mode: string): DuplicateMode {
  if (duplicateModes.includes(mode)) return mode as DuplicateMode;
  throw new UsageError(`--on-duplicate is error, skip or update, not ${mode}`);
}

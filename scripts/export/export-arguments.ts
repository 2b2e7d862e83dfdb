import { defaultTargets, type ServiceName } from '../default-targets.ts';
import { readOptions, UsageError } from '../read-options.ts';

export interface ExportArguments {
  readonly kind: ServiceName;
  /** A path, or `-` for standard output. */
  readonly file: string;
  /** A gRPC target. */
  readonly target: string;
}

export const usage = `Usage: npm run export -- users FILE [options]
       npm run export -- posts FILE [options]

FILE gets one JSON object a line, with the fields of User or Post, by id; - is standard output.

  --target HOST:PORT   the service (default 127.0.0.1:50051 for users, 127.0.0.1:50052 for posts)

Until all are out they are in FILE.part; after an interruption the same command goes on where it was.

Exit code: 0 all are in FILE, 1 anything else.`;

const options = { target: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

/** Reads the command line; undefined when it asks for help. */
export function parseExportArguments(args: readonly string[]): ExportArguments | undefined {
  const { values, positionals } = readOptions(args, { options, allowPositionals: true });
  if (values.help) return undefined;
  const [kind, file, ...rest] = positionals;
  if (kind !== 'users' && kind !== 'posts') {
    throw new UsageError(`what to export is users or posts, not ${kind ?? 'nothing'}`);
  }
  if (!file) throw new UsageError('the file is missing; - writes to standard output');
  if (rest.length > 0) throw new UsageError(`one file at a time: ${rest.join(' ')} is too much`);
  return { kind, file, target: values.target || defaultTargets[kind] };
}

/**
 * `npm run export -- users FILE`, `… posts FILE`: writes all of them to a file through the API. Usage and exit codes:
 * export/export-arguments.ts.
 */
import { parseExportArguments, usage } from './export/export-arguments.ts';
import { runExport } from './export/run-export.ts';
import { UsageError } from './read-options.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

try {
  const args = parseExportArguments(process.argv.slice(2));
  const { stdout, stderr } = process;
  if (args) process.exitCode = await runExport(args, { stdout, stderr, signal: stop.signal });
  else console.log(usage);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`export: ${error.message}\n(npm run export -- --help shows how it is called)`);
  process.exitCode = 1;
}

/**
 * `npm run import -- users|posts FILE`: takes a file of rows in through the API. Usage and exit codes: import/import-arguments.ts.
 */
import { parseImportArguments, usage } from './import/import-arguments.ts';
import { runImport } from './import/run-import.ts';
import { UsageError } from './read-options.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

try {
  const args = parseImportArguments(process.argv.slice(2));
  if (args) {
    const { stdin, stdout, stderr } = process;
    process.exitCode = await runImport(args, { stdin, stdout, stderr, signal: stop.signal });
  } else console.log(usage);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`import: ${error.message}\n(npm run import -- --help shows how it is called)`);
  process.exitCode = 1;
}

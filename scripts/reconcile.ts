/** `npm run reconcile`: compares the two databases. Usage and exit codes: reconcile/reconcile-arguments.ts. */

import { UsageError } from './read-options.ts';
import { parseReconcileArguments, usage } from './reconcile/reconcile-arguments.ts';
import { runReconcile } from './reconcile/run-reconcile.ts';

try {
  const args = parseReconcileArguments(process.argv.slice(2), process.env);
  if (args) process.exitCode = (await runReconcile(args, (line) => console.log(line))) === 0 ? 0 : 2;
  else console.log(usage);
} catch (error) {
  console.error(`reconcile: ${error instanceof Error ? error.message : error}`);
  if (error instanceof UsageError) console.error('(npm run reconcile -- --help shows how it is called)');
  process.exitCode = 1;
}

/** `npm run jobs -- list|show|retry`: the jobs of the users database. Usage and exit codes: jobs/jobs-arguments.ts. */
import { parseJobsArguments, usage } from './jobs/jobs-arguments.ts';
import { runJobs } from './jobs/run-jobs.ts';
import { UsageError } from './read-options.ts';

try {
  const args = parseJobsArguments(process.argv.slice(2), process.env);
  if (args) await runJobs(args, (line) => console.log(line));
  else console.log(usage);
} catch (error) {
  console.error(`jobs: ${error instanceof Error ? error.message : error}`);
  if (error instanceof UsageError) console.error('(npm run jobs -- --help shows how it is called)');
  process.exitCode = 1;
}

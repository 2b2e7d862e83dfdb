import { MigrationError } from './runner/migration-error.ts';
import { runMigrateCommand } from './runner/run-migrate-command.ts';

try {
  await runMigrateCommand({
    args: process.argv.slice(2),
    env: process.env,
    root: import.meta.dirname,
    now: new Date(),
    print: (line) => console.log(line),
  });
} catch (error) {
  if (!(error instanceof MigrationError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

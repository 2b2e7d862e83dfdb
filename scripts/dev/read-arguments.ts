import { readOptions, UsageError } from '../read-options.ts';

const ABOUT = {
  dev: 'Finds or starts the stores, migrates them, and runs both services until it is stopped.',
  stack: 'Finds or starts the stores and migrates them; they stay until it is stopped.',
} as const;

const options = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

/** The options of `npm run dev` and `npm run stack`. With `--help`, or with what they do not take, this ends the program. */
export function readArguments(name: keyof typeof ABOUT, defaultDataDir: string): { dataDir: string } {
  const usage = `Usage: npm run ${name} [-- --data FOLDER]

${ABOUT[name]}

  --data FOLDER   where stores that are started here keep their data (default .data in the repository)

Addresses and URLs of your own stores are read from the environment; the README lists the variables.`;
  try {
    const { data, help } = readOptions(process.argv.slice(2), { options, allowPositionals: false }).values;
    if (help !== true) return { dataDir: data || defaultDataDir };
    console.log(usage);
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${name}: ${error.message}\n(npm run ${name} -- --help shows how it is called)`);
    process.exit(2);
  }
}

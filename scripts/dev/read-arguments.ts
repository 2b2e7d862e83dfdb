import { parseArgs } from 'node:util';

const ABOUT = {
  dev: 'Finds or starts the stores, migrates them, and runs both services until it is stopped.',
  stack: 'Finds or starts the stores and migrates them; they stay until it is stopped.',
} as const;

/** The options of `npm run dev` and `npm run stack`. With `--help`, or with what they do not take, this ends the program. */
export function readArguments(name: keyof typeof ABOUT, defaultDataDir: string): { dataDir: string } {
  const usage = `Usage: npm run ${name} [-- --data FOLDER]

${ABOUT[name]}

  --data FOLDER   where stores that are started here keep their data (default .data in the repository)

Addresses and URLs of your own stores are read from the environment; the README lists the variables.`;
  const read = parse();
  if (typeof read !== 'string' && read.help !== true) return { dataDir: read.data || defaultDataDir };
  if (typeof read !== 'string') {
    console.log(usage);
    process.exit(0);
  }
  console.error(`${name}: ${read}\n(npm run ${name} -- --help shows how it is called)`);
  process.exit(2);
}

/** The options, or why they cannot be read. */
function parse(): { data?: string; help?: boolean } | string {
  try {
    const options = { data: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    return (error as Error).message.split('. ')[0] ?? 'these options cannot be read';
  }
}

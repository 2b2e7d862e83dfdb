import { startDevStack } from '../dev-stack.ts';

/** Starts a stack, tells its processes in one line, and holds it until it is ended. Arguments: the data folder, if any. */
const [dataDir] = process.argv.slice(2);
const stack = await startDevStack(dataDir === undefined ? { env: {} } : { dataDir, env: {} });
console.log(`stack ${JSON.stringify(stack.processes)}`);
setInterval(() => {}, 60_000);

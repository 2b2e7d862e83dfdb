/** `npm run stack`: the stores alone, migrated, until it is stopped. The lines that begin with `export` are for a shell. */
import { join } from 'node:path';
import { readArguments } from './dev/read-arguments.ts';
import { runUntilStopped } from './dev/run-until-stopped.ts';
import { nameStores, startStores } from './dev/start-stores.ts';

const root = join(import.meta.dirname, '..');
const { dataDir } = readArguments('stack', join(root, '.data'));

await runUntilStopped('stack', async ({ resources, say, fail }) => {
  const stack = resources.use(await startStores({ dataDir, say, onLost: fail }));
  for (const [variable, url] of Object.entries(nameStores(stack))) say(`export ${variable}='${url}'`);
});

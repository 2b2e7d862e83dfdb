/** `npm run dev`: the stores, migrated, and both services, restarted when their code changes; until it is stopped. */
import { join } from 'node:path';
import type { ServiceName } from './default-targets.ts';
import { SERVICE_NAMES } from './dev/affected-services.ts';
import { writeBanner } from './dev/banner.ts';
import { DevService } from './dev/dev-service.ts';
import { chooseListenAddresses } from './dev/listen-addresses.ts';
import { readArguments } from './dev/read-arguments.ts';
import { runUntilStopped } from './dev/run-until-stopped.ts';
import { checkServiceVariables, toServiceEnvironment } from './dev/service-environment.ts';
import { nameStores, startStores } from './dev/start-stores.ts';
import { watchSources } from './dev/watch-sources.ts';

const root = join(import.meta.dirname, '..');
const { dataDir } = readArguments('dev', join(root, '.data'));

await runUntilStopped('dev', async ({ resources, say, fail }) => {
  const listen = await chooseListenAddresses(process.env);
  checkServiceVariables(process.env, listen);
  const stack = resources.use(await startStores({ dataDir, say, onLost: fail }));
  const stores = nameStores(stack);
  const env = toServiceEnvironment(process.env, { listen, stores });
  const makeService = (name: ServiceName) => {
    const main = join(root, `services/${name}/src/main.ts`);
    return resources.use(new DevService({ name, main, env, guard: stack.guard, say }));
  };
  const services = { users: makeService('users'), posts: makeService('posts') };
  const [users, posts] = await Promise.all([services.users.start(), services.posts.start()]);
  const restart = (names: readonly ServiceName[]) => {
    say(`restarting ${names.join(' and ')}`);
    for (const name of SERVICE_NAMES) if (names.includes(name)) services[name].restart();
  };
  resources.use(watchSources({ root, onChange: restart }));
  say(writeBanner({ users, posts, stores, root }));
});

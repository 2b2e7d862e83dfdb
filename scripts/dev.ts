/** `npm run dev`: the stores, migrated, and both services, restarted when their code changes; until it is stopped. */
import { join } from 'node:path';
import { SERVICE_NAMES, type ServiceName } from './dev/affected-services.ts';
import { writeBanner } from './dev/banner.ts';
import { DevService } from './dev/dev-service.ts';
import { chooseListenAddresses } from './dev/listen-addresses.ts';
import { readArguments } from './dev/read-arguments.ts';
import { runUntilStopped } from './dev/run-until-stopped.ts';
import { nameStores, startStores } from './dev/start-stores.ts';
import { watchSources } from './dev/watch-sources.ts';

const root = join(import.meta.dirname, '..');
const { dataDir } = readArguments('dev', join(root, '.data'));

await runUntilStopped('dev', async ({ resources, say, fail }) => {
  const listen = await chooseListenAddresses(process.env);
  const stack = resources.use(await startStores({ dataDir, say, onLost: fail }));
  const settled = { ...listen, ...nameStores(stack) };
  const env = {
    USERS_TARGET: listen.USERS_LISTEN,
    POSTS_TARGET: listen.POSTS_LISTEN,
    ...process.env,
    ...settled,
    // A service refuses a variable that is given both ways.
    ...Object.fromEntries(Object.keys(settled).map((name) => [`${name}_FILE`, undefined])),
  };
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
  say(writeBanner({ users, posts, stores: nameStores(stack), root }));
});

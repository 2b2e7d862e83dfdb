import { readPostsConfig } from '../../services/posts/src/config.ts';
import { readUsersConfig } from '../../services/users/src/config.ts';
import type { ListenAddresses } from './listen-addresses.ts';
import type { StoreVariables } from './start-stores.ts';

/** What was settled for both services. */
export interface Settled {
  readonly listen: ListenAddresses;
  readonly stores: StoreVariables;
}

/** The variables of both services: those of `env`, with what was settled in their place. */
export function toServiceEnvironment(env: NodeJS.ProcessEnv, { listen, stores }: Settled): NodeJS.ProcessEnv {
  const settled = { ...listen, ...stores };
  return {
    USERS_TARGET: listen.USERS_LISTEN,
    POSTS_TARGET: listen.POSTS_LISTEN,
    ...env,
    ...settled,
    // A service refuses a variable that is given both ways.
    ...Object.fromEntries(Object.keys(settled).map((name) => [`${name}_FILE`, undefined])),
  };
}

const anyStores: StoreVariables = {
  USERS_DATABASE_URL: 'postgres://host/users',
  POSTS_DATABASE_URL: 'mongodb://host/posts',
  REDIS_URL: 'redis://host',
};

/**
 * What the services would refuse, before anything is started for them.
 *
 * @throws in one line
 */
export function checkServiceVariables(env: NodeJS.ProcessEnv, listen: ListenAddresses): void {
  const variables = toServiceEnvironment(env, { listen, stores: anyStores });
  readUsersConfig(variables);
  readPostsConfig(variables);
}

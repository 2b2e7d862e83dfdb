import { randomBytes } from 'node:crypto';
import { type DevStack, startDevStack } from '@tandem/dev-stack';
import { migrateUsers } from '@tandem/migrations';
import type { TestProject } from 'vitest/node';
import { createDatabase, dropDatabase, nameDatabase } from './database-urls.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** PostgreSQL, on a database that no test writes to. */
    usersServerUrl: string;
    /** A migrated PostgreSQL database to clone. */
    usersTemplate: string;
    /** MongoDB, on a database that no test writes to. */
    postsServerUrl: string;
    redisUrl: string;
  }
}

interface Stores extends AsyncDisposable {
  readonly stack: DevStack;
  readonly usersTemplate: string;
}

interface SharedStores {
  users: number;
  stores: Promise<Stores>;
}

const SHARED = Symbol.for('tandem.test-stores');
const shelf = globalThis as typeof globalThis & { [SHARED]?: SharedStores };

/** Runs once per project; the projects of one run share one stack, which ends with the last of them. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = shelf[SHARED] ?? { users: 0, stores: startStores() };
  shelf[SHARED] = shared;
  shared.users += 1;
  const { stack, usersTemplate } = await shared.stores;
  project.provide('usersServerUrl', stack.usersDatabaseUrl);
  project.provide('usersTemplate', usersTemplate);
  project.provide('postsServerUrl', stack.postsDatabaseUrl);
  project.provide('redisUrl', stack.redisUrl);
  return () => release(shared);
}

async function release(shared: SharedStores): Promise<void> {
  shared.users -= 1;
  if (shared.users > 0) return;
  delete shelf[SHARED];
  await (await shared.stores)[Symbol.asyncDispose]();
}

async function startStores(): Promise<Stores> {
  await using resources = new AsyncDisposableStack();
  const stack = resources.use(await startDevStack({ log: (line) => console.log(line) }));
  const usersTemplate = `tandem_template_${randomBytes(6).toString('hex')}`;
  await createDatabase({ serverUrl: stack.usersDatabaseUrl, name: usersTemplate });
  resources.defer(() => dropDatabase({ serverUrl: stack.usersDatabaseUrl, name: usersTemplate }));
  await migrateUsers({ url: nameDatabase({ serverUrl: stack.usersDatabaseUrl, name: usersTemplate }) });
  const owned = resources.move();
  return { stack, usersTemplate, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

import { type DevStack, startDevStack } from '@tandem/dev-stack';
import { migrateUsers } from '@tandem/migrations';
import { type Placement, pinProcess } from '../machine/placement.ts';
import { seedUsers } from './seed-users.ts';

/** What a workload and a server may know of the stores. */
export interface BenchStores {
  readonly usersDatabaseUrl: string;
  readonly redisUrl: string;
  /** The process of PostgreSQL. */
  readonly postgresPid: number;
  readonly mongodbUrl: string;
  /** The process of MongoDB. */
  readonly mongodbPid: number;
  /** How many users there are. */
  readonly users: number;
  /** How many posts the largest set has; servers that need posts make them. */
  readonly posts: number;
}

export interface BenchStoresOptions {
  readonly users: number;
  readonly posts: number;
  readonly placement: Placement;
  readonly log: (line: string) => void;
}

/** Fresh stores of the bench's own, with users. URLs in the environment are passed over: it empties what it uses. */
export async function startBenchStores({
  users,
  posts,
  placement,
  log,
}: BenchStoresOptions): Promise<{ stack: DevStack; stores: BenchStores }> {
  const stack = await startDevStack({ env: { PATH: process.env.PATH }, log });
  try {
    await Promise.all(stack.processes.map(({ pid }) => pinProcess(placement.stores, pid)));
    const { usersDatabaseUrl, redisUrl, postsDatabaseUrl: mongodbUrl } = stack;
    await migrateUsers({ url: usersDatabaseUrl });
    await seedUsers({ url: usersDatabaseUrl, users });
    const [postgresPid, mongodbPid] = [findPid(stack, 'postgres'), findPid(stack, 'mongodb')];
    return { stack, stores: { usersDatabaseUrl, redisUrl, postgresPid, mongodbUrl, mongodbPid, users, posts } };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

function findPid({ processes }: DevStack, store: DevStack['processes'][number]['name']): number {
  const pid = processes.find(({ name }) => name === store)?.pid;
  if (pid === undefined) throw new Error(`The stack started no ${store} of its own.`);
  return pid;
}

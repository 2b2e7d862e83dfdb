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
  /** How many users there are. */
  readonly users: number;
}

/** Fresh stores of the bench's own, migrated and filled. URLs in the environment are passed over: it empties what it uses. */
export async function startBenchStores({
  users,
  placement,
  log,
}: {
  users: number;
  placement: Placement;
  log: (line: string) => void;
}): Promise<{ stack: DevStack; stores: BenchStores }> {
  const stack = await startDevStack({ env: { PATH: process.env.PATH }, only: ['postgres', 'redis'], log });
  try {
    await Promise.all(stack.processes.map(({ pid }) => pinProcess(placement.stores, pid)));
    const { usersDatabaseUrl, redisUrl } = stack;
    await migrateUsers({ url: usersDatabaseUrl });
    await seedUsers({ url: usersDatabaseUrl, users });
    const postgresPid = stack.processes.find(({ name }) => name === 'postgres')?.pid;
    if (postgresPid === undefined) throw new Error('The stack started no PostgreSQL of its own.');
    return { stack, stores: { usersDatabaseUrl, redisUrl, postgresPid, users } };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

import { randomUUID } from 'node:crypto';
import { createUsersClient } from '@tandem/contracts';
import { waitUntil } from '@tandem/dev-stack';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { type RunningService, startService } from '../pair/start-service.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { openHerd } from './herd/open-herd.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';
import { untilCacheIsRead } from './support/until-cache-is-read.ts';

const callsEach = 500;
const rounds = scaled(3);
/**
 * Who waits for another's read waits 50 ms, and a machine that is held up for as long makes him read himself: once more.
 * `packages/cache/test/herd.db.test.ts` has those who wait for as long as it takes, and one read always.
 */
const maxTries = 20 * rounds;

describe('a thousand who miss one user at once', { timeout: scaledTimeoutMs(180_000) }, async () => {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const env = {
    USERS_DATABASE_URL: await useUsersDatabase(),
    REDIS_URL: inject('redisUrl'),
    // Every statement is told to the log.
    USERS_DATABASE_SLOW_STATEMENT_MS: '0',
    LOG_LEVEL: 'warn',
  };
  const start = async () => owned.use(await startService('users', env));
  const services = [await start(), await start()] as const;
  const [first, second] = services.map(({ grpc }) => owned.use(createUsersClient(grpc, { maxAttempts: 1 })));
  const herds = await Promise.all(services.map(async (service) => owned.use(await openHerd(service, callsEach))));

  /** How often each process has read users by id since it began. */
  const countReads = () =>
    Promise.all([
      countStatements(services[0], () => first!.countUsers({})),
      countStatements(services[1], () => second!.countUsers({})),
    ]);

  /** @returns how often each process read the database for its share of the herd */
  async function sendHerd(): Promise<number[]> {
    const { user } = await first!.createUser({ email: `${randomUUID()}@faults.example`, name: 'Ada' });
    const before = await countReads();
    // They find all calls at once when they go on.
    for (const { signal } of services) signal('SIGSTOP');
    const answers = herds.map((herd) => herd.readUser(user!.id));
    for (const { signal } of services) signal('SIGCONT');
    expect((await Promise.all(answers)).flat()).toEqual([]);
    return (await countReads()).map((count, n) => count - before[n]!);
  }

  it('cost two processes one read of the database', async () => {
    await untilCacheIsRead(services);
    const seen: number[][] = [];
    const countGood = () => seen.filter((reads) => reads.reduce((sum, count) => sum + count) === 1).length;
    while (countGood() < rounds && seen.length < maxTries) seen.push(await sendHerd());
    console.log('herd: reads of each process:', seen.map((reads) => reads.join(' + ')).join(', '));
    expect(countGood()).toBe(rounds);
    expect(Math.max(...seen.flat())).toBeLessThan(callsEach / 10);
  });
});

/** By the log of the process, which is whole up to the last statement that it is asked for. */
async function countStatements({ stderr }: RunningService, askLast: () => Promise<unknown>): Promise<number> {
  const count = (statement: string) => stderr.filter((line) => line.includes(`"statement":"${statement}"`)).length;
  const before = count('users_count');
  await askLast();
  await waitUntil(() => count('users_count') > before, { timeoutMs: 20_000 });
  return count('users_by_ids');
}

import { createUsersClient } from '@tandem/contracts';
import fc from 'fast-check';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { makePatient } from './model/ask.ts';
import { changePassword, createUser, deleteUser, updateUser } from './model/change-people.ts';
import { compareRun, compareRuns } from './model/compare-runs.ts';
import { compareSessions, sessionCommands } from './model/log-in-and-out.ts';
import { grantPoints, transferPoints } from './model/move-points.ts';
import { commandsOf, makeRepeat } from './model/mutation.ts';
import { everyGround, firstPeople } from './model/opening.ts';
import { comparePeople, readCommands } from './model/read-people.ts';
import { UsersModel, type UsersReplicas, type UsersWorld } from './model/users-model.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

/** What says that nothing was done because too much else is: no answer by the contract. */
const busyReasons = ['OVERLOADED', 'HASH_QUEUE_FULL', 'REQUEST_IN_PROGRESS', 'STORE_UNAVAILABLE'];

const mutations = [createUser, updateUser, deleteUser, changePassword, transferPoints, grantPoints];
const commands = fc.commands(
  [
    fc.oneof(
      { weight: 8, arbitrary: commandsOf(createUser) },
      { weight: 6, arbitrary: commandsOf(updateUser) },
      { weight: 2, arbitrary: commandsOf(deleteUser) },
      { weight: 2, arbitrary: commandsOf(changePassword) },
      { weight: 5, arbitrary: commandsOf(transferPoints) },
      { weight: 5, arbitrary: commandsOf(grantPoints) },
      { weight: 5, arbitrary: makeRepeat<UsersModel, UsersReplicas>() },
      ...sessionCommands,
      ...readCommands,
    ),
  ],
  { maxCommands: 60, size: 'max' },
);

describe('the users service beside a model of its contract', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const replicas = await useReplicas();
  const ends = {
    async begin() {
      const model = new UsersModel();
      for (const command of firstPeople) await command.run(model, replicas);
      return { model, real: replicas };
    },
    async compareEnd(world: UsersWorld) {
      await comparePeople(world);
      await compareSessions(world);
    },
  };

  it('refuses on each ground that there is, alone, as the model does', async () => {
    const { decisive } = await compareRun(ends, everyGround);
    const grounds = mutations.flatMap(({ method, grounds }) => grounds.map((ground) => `${method} ${ground}`));
    expect(decisive.toSorted()).toEqual(grounds.toSorted());
  });

  it('answers every sequence of calls as the model does', async () => {
    await compareRuns({
      ...ends,
      file: 'test/faults/model-users.e2e.test.ts',
      commands,
      runsPerLane: scaled(25),
      kinds: mutations.length + 1 + sessionCommands.length + readCommands.length,
    });
  });
});

/** Two, so that nothing may be remembered by one alone. */
async function useReplicas(): Promise<UsersReplicas> {
  const env = {
    USERS_DATABASE_URL: await useUsersDatabase(),
    REDIS_URL: inject('redisUrl'),
    // Whether a login is throttled depends on how fast Redis answers, and is tested beside it.
    LOGIN_FAILURES_PER_IDENTIFIER: '1000000',
    LOG_LEVEL: 'error',
  };
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const services = [owned.use(await startService('users', env)), owned.use(await startService('users', env))];
  const connect = (target: string) => owned.use(createUsersClient(target, { maxAttempts: 1 }));
  return { clients: services.map(({ grpc }) => makePatient(connect(grpc), busyReasons)) };
}

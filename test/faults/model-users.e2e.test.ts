import { createUsersClient } from '@tandem/contracts';
import fc from 'fast-check';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { makePatient, type Replicas, type UsersCommand } from './model/ask.ts';
import { changePassword, createUser, deleteUser, updateUser } from './model/change-people.ts';
import { compareSessions, sessionCommands } from './model/log-in-and-out.ts';
import { grantPoints, transferPoints } from './model/move-points.ts';
import { commandsOf, repeat } from './model/mutation.ts';
import { everyGround, firstPeople } from './model/opening.ts';
import { comparePeople, readCommands } from './model/read-people.ts';
import { UsersModel } from './model/users-model.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const lanes = 4;
const runsPerLane = scaled(25);
const maxCommands = 60;
const shrinkingMs = 30_000;
const patience = { timeoutMs: 60_000 };

/** To see a failure again: the seed and the path that it was printed with. */
const { FAULTS_SEED, FAULTS_PATH } = process.env;

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
      { weight: 5, arbitrary: repeat },
      ...sessionCommands,
      ...readCommands,
    ),
  ],
  { maxCommands, size: 'max' },
);

describe('the users service beside a model of its contract', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const replicas = await useReplicas();
  const seen = new Map<string, number>();

  async function checkRun(run: Iterable<UsersCommand>): Promise<UsersModel> {
    const model = new UsersModel();
    for (const command of firstPeople) await command.run(model, replicas);
    await fc.asyncModelRun(() => ({ model, real: replicas }), run);
    await comparePeople({ model, replicas });
    await compareSessions({ model, replicas });
    for (const command of run) count(seen, command.toString().split(' ')[0] ?? '');
    return model;
  }

  async function runLane(seed: number): Promise<void> {
    const path = FAULTS_PATH === undefined ? {} : { path: FAULTS_PATH };
    const property = fc.asyncProperty(commands, boundShrinking<Iterable<UsersCommand>>(checkRun));
    const details = await fc.check(property, { seed, numRuns: runsPerLane, ...path });
    if (!details.failed) return;
    const root = details.counterexamplePath?.split(':')[0];
    const replay = `FAULTS_SEED=${seed} FAULTS_PATH=${root} npm test -- test/faults/model-users.e2e.test.ts`;
    const { errorInstance: cause } = details;
    const why = cause instanceof Error ? cause.message : cause;
    throw new Error(`${why}\nSeen again by: ${replay}\n${fc.defaultReportMessage(details)}`, { cause });
  }

  it('refuses on each ground that there is, alone, as the model does', async () => {
    const { decisive } = await checkRun(everyGround);
    const grounds = mutations.flatMap(({ method, grounds }) => grounds.map((ground) => `${method} ${ground}`));
    expect(decisive.toSorted()).toEqual(grounds.toSorted());
  });

  it('answers every sequence of calls as the model does', async () => {
    await Promise.all(chooseSeeds().map(runLane));
    console.log('model (users):', Object.fromEntries(seen));
    if (FAULTS_PATH !== undefined) return;
    expect(seen.size).toBe(7 + sessionCommands.length + readCommands.length);
    expect(Math.min(...seen.values())).toBeGreaterThan(scaled(5));
  });
});

/** A counterexample is made shorter for so long; then the shortest is told. */
function boundShrinking<T>(check: (value: T) => Promise<unknown>): (value: T) => Promise<void> {
  let failedAtMs: number | undefined;
  return async (value) => {
    fc.pre(failedAtMs === undefined || performance.now() - failedAtMs < shrinkingMs);
    try {
      await check(value);
    } catch (error) {
      failedAtMs ??= performance.now();
      throw error;
    }
  };
}

function chooseSeeds(): number[] {
  if (FAULTS_SEED !== undefined) return [Number(FAULTS_SEED)];
  const first = Math.floor(Math.random() * 2 ** 31);
  return Array.from({ length: lanes }, (_, lane) => first + lane);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Two, so that nothing may be remembered by one alone. */
async function useReplicas(): Promise<Replicas> {
  const env = {
    USERS_DATABASE_URL: await useUsersDatabase(),
    REDIS_URL: inject('redisUrl'),
    // Whether a login is throttled depends on how fast Redis answers, and is tested beside it.
    LOGIN_FAILURES_PER_IDENTIFIER: '1000000',
    LOG_LEVEL: 'error',
  };
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const services = [
    owned.use(await startService('users', env, patience)),
    owned.use(await startService('users', env, patience)),
  ];
  return { clients: services.map(({ grpc }) => makePatient(owned.use(createUsersClient(grpc, { maxAttempts: 1 })))) };
}

import { setTimeout as wait } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import { createUsersClient } from '@tandem/contracts';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { startService } from '../pair/start-service.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import {
  endByRevocation,
  isValid,
  listEndingsForGood,
  logIn,
  makePerson,
  type Person,
} from './ended-sessions/people.ts';
import { holdSessions } from './support/hold-sessions.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

/*
 * The rule. What ends all of a user's sessions ends every login whose account was read before it committed, be the login
 * answered before or after: it is refused, or its session is ended. A login whose account is read later stands, where the
 * user may still log in. An account is read before its password is verified; so whoever had it verified by the time that
 * the ending was sent opens nothing that lasts.
 */

const rounds = scaled(4);
const loginsAtOnce = 6;
const verifiedAtOnce = 3;

/** A login that was answered with a token. */
interface Opened {
  readonly token: string;
  readonly answeredAt: number;
}

const owned = new AsyncDisposableStack();
afterAll(() => owned.disposeAsync());
const env = { USERS_DATABASE_URL: await useUsersDatabase(), REDIS_URL: inject('redisUrl') };
const service = owned.use(await startService('users', env));
const users = owned.use(createUsersClient(service.grpc, { maxAttempts: 1 }));

/** Logs in again and again until told to stop; a refusal is as good as an answer. */
async function keepLoggingIn(person: Person, opened: Opened[], stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      opened.push(await open(person));
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
    }
  }
}

/** All that was opened while `end` came in between, and when that was sent. */
async function race(person: Person, end: () => Promise<unknown>): Promise<{ opened: Opened[]; sentAt: number }> {
  const opened: Opened[] = [];
  const stop = new AbortController();
  const logins = Array.from({ length: loginsAtOnce }, () => keepLoggingIn(person, opened, stop.signal));
  await expect.poll(() => opened.length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(2);
  // At any moment of a login, which takes some tens of milliseconds.
  await wait(Math.random() * 50);
  const sentAt = performance.now();
  await end();
  await wait(Math.random() * 50);
  stop.abort();
  await Promise.all(logins);
  return { opened, sentAt };
}

/**
 * How many logins open anything that lasts which were verified before `end` was sent, and are answered after it: they
 * wait for the table of sessions, and then for the user's row, which `end` has locked by then.
 */
async function countValidOfVerified(person: Person, end: () => Promise<unknown>): Promise<number> {
  for (let attempt = 1; attempt <= 20; attempt += 1) {
    await using held = await holdSessions(env.USERS_DATABASE_URL);
    const logins = Promise.allSettled(Array.from({ length: verifiedAtOnce }, () => open(person)));
    // On a busy machine the first may give up before the last is verified: once more, with nothing ended yet.
    const areVerified = await held.areWaiting(verifiedAtOnce);
    const ended = areVerified ? end().catch(end) : undefined;
    if (areVerified) await held.areWaiting(verifiedAtOnce + 1);
    await held.release();
    await ended;
    const answered = await logins;
    if (areVerified) return await countValid(answered.flatMap((login) => ('value' in login ? [login.value] : [])));
  }
  throw new Error('The logins were never all verified in time: this machine is too busy for this test.');
}

async function open(person: Person): Promise<Opened> {
  const token = await logIn(users, person);
  return { token, answeredAt: performance.now() };
}

async function countValid(opened: readonly Opened[]): Promise<number> {
  return (await Promise.all(opened.map(({ token }) => isValid(users, token)))).filter(Boolean).length;
}

const forGood = listEndingsForGood(users);
const revocation = endByRevocation(users);

describe('ended sessions', { timeout: scaledTimeoutMs(120_000) }, () => {
  it.each(forGood)('stay ended after %s, whatever logins it raced', async (_, end) => {
    let total = 0;
    for (let round = 0; round < rounds; round += 1) {
      const person = await makePerson(users);
      const { opened } = await race(person, () => end(person));
      total += opened.length;
      expect(await countValid(opened)).toBe(0);
    }
    expect(total).toBeGreaterThan(rounds);
  });

  it.each([...forGood, revocation])('are those of logins too that were verified when %s was sent', async (_, end) => {
    for (let round = 0; round < rounds; round += 1) {
      const person = await makePerson(users);
      expect(await countValidOfVerified(person, () => end(person))).toBe(0);
    }
  });

  it('stay ended after RevokeUserSessions, and logins go on', async () => {
    const [, revoke] = revocation;
    for (let round = 0; round < rounds; round += 1) {
      const person = await makePerson(users);
      const { opened, sentAt } = await race(person, () => revoke(person));
      expect(await countValid(opened.filter(({ answeredAt }) => answeredAt < sentAt))).toBe(0);
      const { sessions } = await users.listSessions({ userId: person.id, activeOnly: true, pageSize: 1_000 });
      expect(await countValid(opened)).toBe(sessions.length);
    }
  });
});

import { randomBytes, randomUUID } from 'node:crypto';
import { carryInvalidations } from '@tandem/cache';
import { AnswerRecorded } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { OpenSession } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import { describeUserStore } from './store-suite.ts';
import { insertUser, makeRow, movePoints } from './testing/store-calls.ts';
import { useCachedStore } from './testing/use-cached-store.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const pool = usePool(url, { size: 4, overflow: 8 });
const { store, encoded, bare, driver, metrics, invalidations } = await useCachedStore(pool);
const userTally = metrics.entity('user');

afterEach(() => driver.heal());

describeUserStore('a cache before PostgreSQL', () => store);

const read = (id: string) => store.reader.get(id, makeCall());
const readKeys = async () =>
  (await invalidations.read({ dueOnly: false, afterId: undefined, limit: 100 }, new AbortController().signal)).flatMap(
    ({ keys }) => keys,
  );
const clearRecords = () => queryDatabase(url, 'DELETE FROM cache_invalidations');

/** Reads until the answer comes from the cache. */
async function warm(id: string): Promise<void> {
  await expect
    .poll(async () => {
      const { hits } = userTally;
      await read(id);
      return userTally.hits - hits;
    })
    .toBe(1);
}

async function openSession(user: User): Promise<{ tokenHash: Buffer; opened: OpenSession }> {
  const tokenHash = randomBytes(32);
  const opened = await store.transaction(makeCall(), async (tx) => {
    const epoch = (await store.sessions.reader.findAccount(user.email, makeCall()))?.sessionsEpoch ?? '';
    const blank = { userAgent: '', ip: '', ttlMicros: 3_600_000_000n, verifiedHash: 'hash', sessionsEpoch: epoch };
    return { ...(await tx.sessions.open({ id: randomUUID(), userId: user.id, tokenHash, ...blank })) };
  });
  return { tokenHash, opened: opened as OpenSession };
}

describe('a user who is cached', () => {
  const changes: Record<string, (user: User) => Promise<unknown>> = {
    'an update': (user) =>
      store.transaction(makeCall(), async (tx) => {
        const locked = await tx.users.lock(user.id);
        return await tx.users.update(locked!, { name: 'Grace' });
      }),
    'a new password': (user) =>
      store.transaction(makeCall(), async (tx) => ({
        set: await tx.users.setPassword({ id: user.id, hash: 'other' }),
      })),
    'a deletion': (user) => store.transaction(makeCall(), (tx) => tx.users.delete(user)),
    'an import': (user) =>
      store.transaction(makeCall(), (tx) =>
        tx.users.importRows([makeRow({ id: user.id, email: user.email, name: 'Grace' })], 'update'),
      ),
    'points given': (user) => movePoints(store, { toUserId: user.id, amount: 5n }),
  };

  it.each(Object.keys(changes))('is read as it is by the next read after %s', async (change) => {
    const user = await insertUser(store);
    await warm(user.id);
    await changes[change]!(user);
    expect(await read(user.id)).toEqual(await bare.reader.get(user.id, makeCall()));
    expect(await read(user.id)).not.toEqual(user);
  });

  it.each(Object.keys(changes))('is not served old when nothing of %s reaches Redis', async (change) => {
    await clearRecords();
    const user = await insertUser(store);
    await warm(user.id);
    driver.inject(({ name }) => (name === 'mark' || name === 'settle' ? 'refuse' : undefined));
    // Long enough without an answer that every process has stopped reading it: the reply need not wait.
    driver.setHealth({ readable: false, unansweredMs: 1_000 });
    await changes[change]!(user);
    expect(await readKeys()).toContain(`tandem:users:{user:${user.id}}`);
    driver.heal();
    await carryInvalidations(driver, invalidations, { signal: new AbortController().signal });
    expect(await readKeys()).toEqual([]);
    expect(await read(user.id)).toEqual(await bare.reader.get(user.id, makeCall()));
  });

  it('is changed in doubt where neither Redis nor the record of what to drop can be had', async () => {
    const user = await insertUser(store);
    await queryDatabase(url, 'ALTER TABLE cache_invalidations RENAME TO cache_invalidations_away');
    try {
      driver.inject(({ name }) => (name === 'settle' ? 'refuse' : undefined));
      expect(await reasonOf(changes['an update']!(user))).toBe('OUTCOME_UNKNOWN');
    } finally {
      await queryDatabase(url, 'ALTER TABLE cache_invalidations_away RENAME TO cache_invalidations');
    }
    expect(await bare.reader.get(user.id, makeCall())).toMatchObject({ name: 'Grace' });
  });

  it('is on record with every change where that is asked for: what becomes of mark and writer is all the same', async () => {
    await clearRecords();
    const user = await insertUser(store);
    const all = await useCachedStore(pool, { recordsAll: true });
    await all.store.transaction(makeCall(), async (tx) => {
      const locked = await tx.users.lock(user.id);
      return await tx.users.update(locked!, { name: 'Grace' });
    });
    expect(await readKeys()).toEqual([`tandem:users:{user:${user.id}}`]);
  });

  it('is found by the e-mail that it has, and by no former one', async () => {
    const user = await insertUser(store);
    const byEmail = (email: string) => store.reader.getByEmail(email, makeCall());
    expect(await byEmail(user.email.toUpperCase())).toEqual(user);
    await warm(user.id);
    const email = `${randomUUID()}@example.org`;
    const changed = await store.transaction(makeCall(), async (tx) =>
      tx.users.update((await tx.users.lock(user.id))!, { email }),
    );
    expect(await byEmail(user.email)).toBeUndefined();
    expect(await byEmail(email)).toEqual(changed);
  });
});

describe('a user that nobody has', () => {
  it('is there for the next read once it is created under an id that was asked for', async () => {
    const id = randomUUID();
    await warm(id);
    const user = await insertUser(store, { id, idIsChosen: true });
    expect(await read(id)).toEqual(user);
  });

  it('is there for the next read once its creation with a post makes it a user, whoever asked for its id before', async () => {
    const id = randomUUID();
    const user = { id, idIsChosen: false, email: `${id}@example.org`, name: 'Ada', passwordHash: null };
    const answerTo = { requestId: randomUUID(), caller: 'tests', method: 'CreateUserWithPost' };
    await store.transaction(makeCall(), async ({ pendingUsers }) => ({
      begun: await pendingUsers.begin(user, { postId: randomUUID(), answerTo }),
    }));
    await warm(id);
    expect(await read(id)).toBeUndefined();
    const activated = await store.transaction(makeCall(), async (tx) => ({
      user: await tx.pendingUsers.activate(id),
    }));
    expect(await read(id)).toEqual(activated.user);
  });

  it('needs no mark under an id that was just made', async () => {
    const before = metrics.fences.marks;
    await insertUser(store, { idIsChosen: false });
    const rows = [makeRow(), makeRow({ id: randomUUID() })];
    await store.transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
    expect(metrics.fences.marks).toBe(before + 1);
  });
});

describe('a session that is cached', () => {
  const ends: Record<string, (user: User, session: { tokenHash: Buffer; opened: OpenSession }) => Promise<unknown>> = {
    'ended by its token': (_, { tokenHash }) => store.transaction(makeCall(), (tx) => tx.sessions.end({ tokenHash })),
    'ended by its id': (_, { opened }) =>
      store.transaction(makeCall(), (tx) => tx.sessions.end({ id: opened.session.id })),
    'ended with all of the user': (user) => store.transaction(makeCall(), (tx) => tx.sessions.endAll(user.id)),
    "gone with the user's deletion": (user) => store.transaction(makeCall(), (tx) => tx.users.delete(user)),
    'ended by an import': (user) =>
      store.transaction(makeCall(), (tx) =>
        tx.users.importRows([makeRow({ id: user.id, email: user.email, passwordHash: 'other' })], 'update'),
      ),
  };
  const find = (tokenHash: Buffer) => store.sessions.reader.findOpen(tokenHash, makeCall());

  async function warmSession() {
    const user = await insertUser(store, { passwordHash: 'hash' });
    const session = await openSession(user);
    const tally = metrics.entity('session');
    await expect
      .poll(async () => {
        const { hits } = tally;
        await find(session.tokenHash);
        return tally.hits - hits;
      })
      .toBe(1);
    return { user, session };
  }

  it.each(Object.keys(ends))('opens nothing once it is %s', async (end) => {
    const { user, session } = await warmSession();
    expect(await find(session.tokenHash)).toMatchObject({ user: { id: user.id } });
    await ends[end]!(user, session);
    expect(await find(session.tokenHash)).toBeUndefined();
  });

  it.each(Object.keys(ends).slice(0, 3))('opens nothing after a repeat that found it %s already', async (end) => {
    const { user, session } = await warmSession();
    // As an attempt that committed and died: no mark, no settlement, no record.
    await queryDatabase(url, 'UPDATE sessions SET revoke_time = clock_timestamp() WHERE user_id = $1', [user.id]);
    expect(await ends[end]!(user, session)).toMatchObject({ count: 0 });
    expect(await find(session.tokenHash)).toBeUndefined();
  });
});

describe('a recorded reply that is given again', () => {
  it('comes after the cache was told of what its first attempt wrote, and leaves no doubt about its own', async () => {
    await clearRecords();
    const user = await insertUser(store);
    const claim = makeClaim();
    const update = () =>
      store.transaction(makeCall({ claim }), async (tx) => {
        const { name } = await tx.users.update((await tx.users.lock(user.id))!, { name: 'Grace' });
        return { name };
      });
    await update();
    // As if the first attempt had died before its settlement, its mark lost, and an old value been filled since.
    await warm(user.id);
    const before = userTally.misses;
    await expect(update()).rejects.toBeInstanceOf(AnswerRecorded);
    expect(await readKeys()).toEqual([]);
    await read(user.id);
    expect(userTally.misses).toBe(before + 1);
    await warm(user.id);
    expect(await store.records.find(claim, makeCall())).toMatchObject({ kind: 'reply' });
    await read(user.id);
    expect(userTally.misses).toBeGreaterThan(before + 1);
  });
});

describe('a strong read, and one that may lag', () => {
  it('pass over the cache, and never fill it', async () => {
    const user = await insertUser(store);
    const { fills, hits } = userTally;
    await encoded.strongReader.get(user.id, makeCall());
    await encoded.eventualReader.getMany([user.id], makeCall());
    expect(userTally).toMatchObject({ fills, hits });
    await warm(user.id);
    await encoded.eventualReader.get(user.id, makeCall());
    expect(userTally.hits).toBeGreaterThan(hits + 1);
  });
});

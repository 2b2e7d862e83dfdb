import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { NewSession, Session, SessionPosition } from '../../domain/session.ts';
import { hashSessionToken, makeSessionToken } from '../../domain/session-token.ts';
import type { UserStore } from '../store.ts';
import { insertUser, makeRow } from './store-calls.ts';

export function describeSessions(getStore: () => UserStore): void {
  describe('sessions', () => {
    const passwordHash = 'the hash';
    const makeUser = () => insertUser(getStore(), { passwordHash });

    /** As a login reads it. */
    async function readEpoch(userId: string): Promise<string> {
      const email = (await getStore().reader.get(userId, makeCall()))?.email ?? 'nobody@example.org';
      return (await getStore().sessions.reader.findAccount(email, makeCall()))?.sessionsEpoch ?? '0';
    }

    async function open(userId: string, fields: Partial<NewSession> = {}) {
      const tokenHash = hashSessionToken(makeSessionToken());
      const begun = { userId, verifiedHash: passwordHash, sessionsEpoch: await readEpoch(userId) };
      const blank = { id: randomUUID(), ...begun, tokenHash, userAgent: '', ip: '' };
      const { opened } = await getStore().transaction(makeCall(), async (tx) => ({
        opened: await tx.sessions.open({ ...blank, ttlMicros: 60_000_000n, ...fields }),
      }));
      return { tokenHash, opened };
    }

    const endAll = (userId: string, exceptId?: string) =>
      getStore()
        .transaction(makeCall(), async (tx) => {
          await tx.users.lock(userId);
          return await tx.sessions.endAll(userId, { exceptId });
        })
        .then(({ count }) => count);

    const list = (userId: string, activeOnly = false) =>
      getStore().sessions.reader.list({ filter: { userId, activeOnly }, after: undefined, limit: 1000 }, makeCall());

    it('open with their token, and show what they were made of', async () => {
      const user = await makeUser();
      const { tokenHash, opened } = await open(user.id, { userAgent: 'Łynx/1', ip: '::FFFF:192.0.2.1' });
      expect(opened?.user).toEqual(user);
      expect(opened?.session).toMatchObject({ userId: user.id, userAgent: 'Łynx/1', ip: '::FFFF:192.0.2.1' });
      const { createTime = 0n, expireTime, revokeTime } = opened?.session ?? {};
      expect([expireTime, revokeTime]).toEqual([createTime + 60_000_000n, undefined]);
      expect(await getStore().sessions.reader.findOpen(tokenHash, makeCall())).toEqual(opened);
      expect((await list(user.id)).sessions).toEqual([opened?.session]);
    });

    it('open with no other token', async () => {
      const other = hashSessionToken(makeSessionToken());
      expect(await getStore().sessions.reader.findOpen(other, makeCall())).toBeUndefined();
    });

    it('are many read in one tick', async () => {
      const user = await makeUser();
      const made = await Promise.all(Array.from({ length: 5 }, () => open(user.id)));
      const unknown = hashSessionToken('unknown');
      const hashes = Array.from({ length: 150 }, (_, index) => made[index % 10]?.tokenHash ?? unknown);
      const found = await Promise.all(hashes.map((hash) => getStore().sessions.reader.findOpen(hash, makeCall())));
      expect(found).toEqual(hashes.map((_, index) => made[index % 10]?.opened));
    });

    it('are not opened for another hash than the one that stands, nor for nobody', async () => {
      const user = await makeUser();
      expect((await open(user.id, { verifiedHash: 'an older one' })).opened).toBeUndefined();
      expect((await open(randomUUID())).opened).toBeUndefined();
      expect((await list(user.id)).sessions).toEqual([]);
    });

    it('are not opened for logins that were under way when all were ended, and no other is kept from it', async () => {
      const [user, stranger] = [await makeUser(), await makeUser()];
      const [sessionsEpoch, strangers] = [await readEpoch(user.id), await readEpoch(stranger.id)];
      expect((await open(user.id, { sessionsEpoch })).opened).toBeDefined();
      await endAll(user.id);
      expect((await open(user.id, { sessionsEpoch })).opened).toBeUndefined();
      expect((await open(user.id)).opened).toBeDefined();
      expect((await open(stranger.id, { sessionsEpoch: strangers })).opened).toBeDefined();
      expect(await getStore().reader.get(user.id, makeCall())).toEqual(user);
    });

    it('end one by one, by token or id, once', async () => {
      const user = await makeUser();
      const [byToken, byId, kept] = [await open(user.id), await open(user.id), await open(user.id)];
      const { transaction } = getStore();
      for (const key of [{ tokenHash: byToken.tokenHash }, { id: byId.opened?.session.id ?? '' }]) {
        const end = () => transaction(makeCall(), (tx) => tx.sessions.end(key));
        const [first, again] = [await end(), await end()];
        expect([first.count, again.count]).toEqual([1, 0]);
        // For who asks again: whatever copies there are have to go.
        expect(again.tokenHashes).toEqual(first.tokenHashes);
      }
      const stand = await Promise.all(
        [byToken, byId, kept].map(({ tokenHash }) => getStore().sessions.reader.findOpen(tokenHash, makeCall())),
      );
      expect(stand).toEqual([undefined, undefined, kept.opened]);
      expect((await list(user.id, true)).sessions).toEqual([kept.opened?.session]);
      const ended = (await list(user.id)).sessions.filter(({ revokeTime }) => revokeTime !== undefined);
      expect(ended).toHaveLength(2);
      for (const { createTime, revokeTime = 0n } of ended) expect(revokeTime).toBeGreaterThan(createTime);
    });

    it('end all together, but for one, and no stranger’s', async () => {
      const [user, stranger] = [await makeUser(), await makeUser()];
      const kept = await open(user.id);
      const others = await open(stranger.id);
      for (let count = 0; count < 3; count += 1) await open(user.id);
      expect(await endAll(user.id, kept.opened?.session.id)).toBe(3);
      expect(await getStore().sessions.reader.findOpen(kept.tokenHash, makeCall())).toEqual(kept.opened);
      expect([await endAll(user.id), await endAll(user.id), await endAll(randomUUID())]).toEqual([1, 0, 0]);
      expect(await getStore().sessions.reader.findOpen(others.tokenHash, makeCall())).toEqual(others.opened);
    });

    it('end with a row of an import that deactivates or sets a password, and with no other', async () => {
      for (const [fields, remain] of [
        [{ name: 'Eva' }, 1],
        [{ isActive: true }, 1],
        [{ isActive: false }, 0],
        [{ passwordHash: 'another' }, 0],
      ] as const) {
        const user = await makeUser();
        await open(user.id);
        const sessionsEpoch = await readEpoch(user.id);
        const row = makeRow({ id: user.id, email: user.email, ...fields });
        await getStore().transaction(makeCall(), (tx) => tx.users.importRows([row], 'update'));
        expect((await list(user.id, true)).sessions).toHaveLength(remain);
        expect((await readEpoch(user.id)) === sessionsEpoch).toBe(remain === 1);
      }
    });

    it('expire by themselves', async () => {
      const user = await makeUser();
      const { tokenHash } = await open(user.id, { ttlMicros: 1n });
      expect(await getStore().sessions.reader.findOpen(tokenHash, makeCall())).toBeUndefined();
      expect((await list(user.id, true)).sessions).toEqual([]);
      expect((await list(user.id)).sessions).toHaveLength(1);
      expect(await endAll(user.id)).toBe(0);
    });

    it('keep standing when the hash is renewed, which moves nothing of the user', async () => {
      const user = await makeUser();
      const { tokenHash, opened } = await open(user.id);
      const renew = (from: string) =>
        getStore().transaction(makeCall(), async (tx) => ({
          renewed: await tx.sessions.renewPasswordHash(user.id, { from, to: 'the new hash' }),
        }));
      expect([await renew('stale'), await renew(passwordHash)]).toEqual([{ renewed: false }, { renewed: true }]);
      expect(await getStore().reader.get(user.id, makeCall())).toEqual(user);
      expect(await getStore().sessions.reader.findOpen(tokenHash, makeCall())).toEqual(opened);
      expect((await open(user.id)).opened).toBeUndefined();
      expect((await open(user.id, { verifiedHash: 'the new hash' })).opened).toBeDefined();
    });

    it.each([true, false])('are listed latest first, each once, and counted (active only: %s)', async (activeOnly) => {
      const user = await makeUser();
      const opened: (Session | undefined)[] = [];
      for (let index = 0; index < 7; index += 1) {
        const { session } = (await open(user.id, index === 3 ? { ttlMicros: 1n } : {})).opened ?? {};
        if (index !== 3 || !activeOnly) opened.push(session);
      }
      const filter = { userId: user.id, activeOnly };
      const seen: Session[] = [];
      let after: SessionPosition | undefined;
      do {
        const page = await getStore().sessions.reader.list({ filter, after, limit: 2 }, makeCall());
        expect(page.sessions.length).toBeGreaterThan(0);
        seen.push(...page.sessions);
        after = page.next;
        // Who comes meanwhile comes before the first page.
        if (after !== undefined) await open(user.id);
      } while (after !== undefined);
      expect(seen).toEqual(opened.toReversed());
      expect(await getStore().sessions.reader.count({ userId: randomUUID(), activeOnly }, makeCall())).toBe(0n);
      expect(await getStore().sessions.reader.count(filter, makeCall())).toBeGreaterThan(BigInt(opened.length));
    });

    it('tell what a login is decided by, to the e-mail in any case', async () => {
      const user = await makeUser();
      const { reader } = getStore().sessions;
      const account = { userId: user.id, isActive: true, passwordHash, sessionsEpoch: expect.any(String) };
      expect(await reader.findAccount(user.email.toUpperCase(), makeCall())).toEqual(account);
      expect(await reader.findAccount('nobody@example.org', makeCall())).toBeUndefined();
    });
  });
}

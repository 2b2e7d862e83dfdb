import { randomUUID } from 'node:crypto';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { UserChanges } from '../../domain/user.ts';
import type { UserStore } from '../store.ts';
import { insertUser, makeNewUser } from './store-calls.ts';

export function describeChanges(getStore: () => UserStore): void {
  describe('changes', () => {
    const read = (id: string) => getStore().reader.get(id, makeCall());
    const change = (id: string, changes: UserChanges) =>
      getStore().transaction(makeCall(), async (tx) => {
        const user = await tx.users.lock(id);
        if (user === undefined) throw new Error('no such user');
        return await tx.users.update(user, changes);
      });
    const setPassword = (id: string, hash: string, replacing?: string) =>
      getStore()
        .transaction(makeCall(), async (tx) => ({ done: await tx.users.setPassword({ id, hash, replacing }) }))
        .then(({ done }) => done);
    const readHash = async (id: string) => (await getStore().reader.getPassword(id, makeCall()))?.hash;

    it('are what every read shows, and raise version and update_time', async () => {
      const user = await insertUser(getStore());
      const email = `${randomUUID()}@example.org`;
      const changed = await change(user.id, { email, name: 'Zoë', isActive: false });
      expect(changed).toMatchObject({ id: user.id, email, name: 'Zoë', isActive: false, version: 2n });
      expect(changed.updateTime).toBeGreaterThan(user.updateTime);
      expect(changed.createTime).toBe(user.createTime);
      expect(await read(user.id)).toEqual(changed);
      expect(await getStore().reader.getByEmail(user.email, makeCall())).toBeUndefined();
      const order = { field: 'name', descending: false } as const;
      const query = {
        filter: { namePrefix: 'zoe', createdAfter: user.createTime },
        order,
        after: undefined,
        limit: 50,
      };
      const { users } = await getStore().reader.list(query, makeCall());
      expect(users).toContainEqual(changed);
    });

    it('of nothing move neither version nor update_time', async () => {
      const user = await insertUser(getStore());
      for (const changes of [{}, { name: user.name }, { email: user.email, name: user.name, isActive: true }]) {
        expect(await change(user.id, changes)).toEqual(user);
      }
      expect(await read(user.id)).toEqual(user);
    });

    it('keep an e-mail unique whatever its case; its own case may change', async () => {
      const [a, b] = [await insertUser(getStore()), await insertUser(getStore())];
      expect(await reasonOf(change(a.id, { email: b.email.toLowerCase() }))).toBe('EMAIL_TAKEN');
      expect(await read(a.id)).toEqual(a);
      expect((await change(a.id, { email: a.email.toUpperCase() })).email).toBe(a.email.toUpperCase());
    });

    it('that race for one e-mail give it to one user', async () => {
      const users = await Promise.all(Array.from({ length: 6 }, () => insertUser(getStore())));
      const email = `${randomUUID()}@example.org`;
      const outcomes = await Promise.all(users.map(({ id }) => reasonOf(change(id, { email }))));
      expect(outcomes.filter((reason) => reason === undefined)).toHaveLength(1);
      expect(outcomes.filter((reason) => reason === 'EMAIL_TAKEN')).toHaveLength(5);
    });

    it('of one user by many at once each take effect', async () => {
      const user = await insertUser(getStore());
      await Promise.all(Array.from({ length: 10 }, (_, n) => change(user.id, { name: `Name ${n}` })));
      expect((await read(user.id))?.version).toBe(11n);
    });

    it('lock what there is only', async () => {
      const found = await getStore().transaction(makeCall(), async (tx) => ({
        user: await tx.users.lock(randomUUID()),
      }));
      expect(found.user).toBeUndefined();
    });

    it('of a password take effect where the hash to replace still stands', async () => {
      const { id } = await insertUser(getStore(), { passwordHash: 'first' });
      expect(await setPassword(id, 'second', 'other')).toBe(false);
      expect(await readHash(id)).toBe('first');
      expect(await setPassword(id, 'second', 'first')).toBe(true);
      expect(await setPassword(id, 'third')).toBe(true);
      expect(await readHash(id)).toBe('third');
      expect((await read(id))?.version).toBe(3n);
    });

    it('of a password that race by one hash give it to one', async () => {
      const { id } = await insertUser(getStore(), { passwordHash: 'first' });
      const done = await Promise.all(Array.from({ length: 6 }, (_, n) => setPassword(id, `next ${n}`, 'first')));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await readHash(id)).toBe(`next ${done.indexOf(true)}`);
    });

    it('of a password need a user, and may give one to who had none', async () => {
      expect(await setPassword(randomUUID(), 'hash')).toBe(false);
      expect(await getStore().reader.getPassword(randomUUID(), makeCall())).toBeUndefined();
      const { id } = await insertUser(getStore());
      expect(await readHash(id)).toBeNull();
      expect(await setPassword(id, 'second', 'first')).toBe(false);
      expect(await setPassword(id, 'first')).toBe(true);
      expect(await readHash(id)).toBe('first');
    });
  });

  describe('deletions', () => {
    const remove = (id: string) =>
      getStore().transaction(makeCall(), async (tx) => {
        const user = await tx.users.lock(id);
        if (user !== undefined) await tx.users.delete(user);
        return { found: user !== undefined };
      });

    it('take the user out of every read and give the e-mail free, never the id', async () => {
      const user = await insertUser(getStore());
      expect(await remove(user.id)).toEqual({ found: true });
      const { reader } = getStore();
      expect(await reader.get(user.id, makeCall())).toBeUndefined();
      expect(await reader.getByEmail(user.email, makeCall())).toBeUndefined();
      expect(await reader.getMany([user.id], makeCall())).toEqual(new Map());
      expect(await reasonOf(insertUser(getStore(), { id: user.id }))).toBe('ID_TAKEN');
      await insertUser(getStore(), { ...makeNewUser(), email: user.email });
    });

    it('that race find the user once', async () => {
      const { id } = await insertUser(getStore());
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => remove(id)));
      expect(outcomes.filter(({ found }) => found)).toHaveLength(1);
    });

    it('leave the user where the transaction throws', async () => {
      const user = await insertUser(getStore());
      const failed = getStore().transaction(makeCall(), async (tx) => {
        await tx.users.delete((await tx.users.lock(user.id)) ?? user);
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await getStore().reader.get(user.id, makeCall())).toEqual(user);
    });
  });
}

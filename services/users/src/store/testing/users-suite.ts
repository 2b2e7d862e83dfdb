import { randomUUID } from 'node:crypto';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { UserStore } from '../store.ts';
import { insertUser, makeNewUser } from './store-calls.ts';

export function describeUsers(getStore: () => UserStore): void {
  describe('users', () => {
    it('gives back what was inserted, by id and by e-mail in any case', async () => {
      const user = await insertUser(getStore(), { name: 'Ada Łovelace' });
      const { reader } = getStore();
      expect(user).toMatchObject({ name: 'Ada Łovelace', isActive: true, points: 0n, version: 1n });
      expect(user.updateTime).toBe(user.createTime);
      expect(await reader.get(user.id, makeCall())).toEqual(user);
      expect(await reader.getByEmail(user.email.toUpperCase(), makeCall())).toEqual(user);
    });

    it('answers undefined where there is none', async () => {
      expect(await getStore().reader.get(randomUUID(), makeCall())).toBeUndefined();
      expect(await getStore().reader.getByEmail('nobody@example.org', makeCall())).toBeUndefined();
    });

    it('reads many at once, those that there are', async () => {
      const users = await Promise.all([insertUser(getStore()), insertUser(getStore())]);
      const ids = [...users.map(({ id }) => id), randomUUID()];
      expect(await getStore().reader.getMany(ids, makeCall())).toEqual(new Map(users.map((user) => [user.id, user])));
    });

    it('reads as many points in one tick as asked', async () => {
      const user = await insertUser(getStore());
      const reads = Array.from({ length: 300 }, (_, index) =>
        getStore().reader.get(index % 2 === 0 ? user.id : randomUUID(), makeCall()),
      );
      expect((await Promise.all(reads)).filter((read) => read?.id === user.id)).toHaveLength(150);
    });

    it('refuses a taken e-mail whatever its case, and a taken id', async () => {
      const user = await insertUser(getStore());
      expect(await reasonOf(insertUser(getStore(), { email: user.email.toLowerCase() }))).toBe('EMAIL_TAKEN');
      expect(await reasonOf(insertUser(getStore(), { id: user.id }))).toBe('ID_TAKEN');
    });

    it('leaves nothing of a transaction that threw', async () => {
      const user = makeNewUser();
      const failed = getStore().transaction(makeCall(), async (tx) => {
        await tx.users.insert(user);
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await getStore().reader.get(user.id, makeCall())).toBeUndefined();
    });
  });
}

import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../../domain/import-plan.ts';
import type { UserStore } from '../store.ts';
import { insertUser, makeRow } from './store-calls.ts';

export function describeImports(getStore: () => UserStore): void {
  describe('imports', () => {
    const load = (rows: ImportRow[], onDuplicate: 'error' | 'skip' | 'update') =>
      getStore()
        .transaction(makeCall(), (tx) => tx.users.importRows(rows, onDuplicate))
        .then(({ outcomes }) => outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.reason)));

    it('takes in what is new and tells what is not', async () => {
      const user = await insertUser(getStore());
      const rows = [
        makeRow({ id: user.id }),
        makeRow({ email: user.email.toUpperCase() }),
        makeRow({ isActive: false }),
      ];
      expect(await load(rows, 'error')).toEqual(['ID_TAKEN', 'EMAIL_TAKEN', 'imported']);
      expect(await load(rows, 'skip')).toEqual(['skipped', 'skipped', 'skipped']);
      const made = await getStore().reader.getByEmail(rows[2]?.email ?? '', makeCall());
      expect(made).toMatchObject({ isActive: false, points: 0n });
    });

    it('updates what a row says, keeps what it leaves out, and raises the version', async () => {
      const { reader } = getStore();
      const row = makeRow({ id: randomUUID(), isActive: false, createTime: 5n });
      await load([row], 'error');
      const changed = { ...row, name: 'Eva', isActive: undefined, createTime: undefined };
      expect(await load([changed], 'update')).toEqual(['updated']);
      const user = await reader.get(row.id ?? '', makeCall());
      expect(user).toMatchObject({ name: 'Eva', isActive: false, createTime: 5n, version: 2n });
    });

    it('moves neither version nor update_time where nothing changes', async () => {
      const row = makeRow({ id: randomUUID() });
      await load([row], 'error');
      const before = await getStore().reader.get(row.id ?? '', makeCall());
      expect(await load([row], 'update')).toEqual(['updated']);
      expect(await getStore().reader.get(row.id ?? '', makeCall())).toEqual(before);
    });

    it('lets two users hand an e-mail on within one message', async () => {
      const [a, b] = await Promise.all([insertUser(getStore()), insertUser(getStore())]);
      const rows = [makeRow({ id: a.id }), makeRow({ id: b.id, email: a.email }), makeRow({ email: b.email })];
      expect(await load(rows, 'update')).toEqual(['updated', 'updated', 'imported']);
      expect((await getStore().reader.getByEmail(a.email, makeCall()))?.id).toBe(b.id);
    });

    it('keeps every user once when the same rows are imported by many at the same time', async () => {
      const rows = Array.from({ length: 200 }, () => makeRow());
      const all = await Promise.all([
        load(rows, 'skip'),
        load(rows.toReversed(), 'skip'),
        load(rows, 'update'),
        load(rows.toReversed(), 'update'),
      ]);
      expect(all.flat().filter((outcome) => outcome === 'imported')).toHaveLength(200);
    });
  });
}

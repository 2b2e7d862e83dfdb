import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../../domain/import-plan.ts';
import { type User, type UserOrder, type UserPosition, userOrderFields } from '../../domain/user.ts';
import type { UserStore } from '../store.ts';
import { makeRow } from './store-calls.ts';

export function describeLists(getStore: () => UserStore): void {
  describe('lists', () => {
    const names = ['Émile', 'emile', 'Zoë', 'zoe', '😀 smile', '\ufffd sign', 'Ada', 'ada'];

    async function collect(order: UserOrder, { limit, prefix }: { limit: number; prefix: string }) {
      const users: User[] = [];
      let after: UserPosition | undefined;
      do {
        const query = { filter: { namePrefix: prefix }, order, after, limit };
        const page = await getStore().reader.list(query, makeCall());
        users.push(...page.users);
        after = page.next;
      } while (after !== undefined);
      return users;
    }

    it.each(
      userOrderFields.flatMap((field) => [
        { field, descending: false },
        { field, descending: true },
      ]),
    )('gives everyone once, in order, ties included: %j', async (order) => {
      const prefix = randomUUID();
      // Many of one message share their times to the microsecond.
      const rows = names.map((text) => makeRow({ name: `${prefix} ${text}` }));
      await getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
      const whole = await collect(order, { limit: 1000, prefix });
      expect(whole).toHaveLength(names.length);
      expect(await collect(order, { limit: 3, prefix })).toEqual(whole);
      const reversed = await collect({ ...order, descending: !order.descending }, { limit: 1000, prefix });
      expect(reversed.toReversed()).toEqual(whole);
    });

    it('keeps ties and microseconds apart at every end of a page', async () => {
      const micros = fc.bigInt({ min: 1_700_000_000_000_000n, max: 1_700_000_000_000_003n });
      const people = fc.array(fc.record({ name: fc.constantFrom('Ada', 'áda', 'Bo'), createTime: micros }), {
        minLength: 1,
        maxLength: 12,
      });
      const order = fc.record({
        field: fc.constantFrom('create_time' as const, 'name' as const, 'points' as const),
        descending: fc.boolean(),
      });
      const check = async (rows: { name: string; createTime: bigint }[], by: UserOrder, limit: number) => {
        const prefix = randomUUID();
        const named = rows.map(({ name, createTime }) => makeRow({ name: `${prefix} ${name}`, createTime }));
        await getStore().transaction(makeCall(), (tx) => tx.users.importRows(named, 'error'));
        const seen = await collect(by, { limit, prefix });
        const keyOf = { create_time: timeOf, name: foldedOf, points: () => '' }[by.field as 'name'];
        const places = seen.map((user) => `${keyOf(user)} ${user.id}`);
        const sorted = [...new Set(places)].sort();
        expect(places).toEqual(by.descending ? sorted.reverse() : sorted);
        expect(seen.map(timeOf).sort()).toEqual(rows.map(timeOf).sort());
      };
      const sizes = fc.integer({ min: 1, max: 5 });
      await fc.assert(fc.asyncProperty(people, order, sizes, check), { numRuns: 25 });
    });

    it('orders by folded code points', async () => {
      const prefix = randomUUID();
      const rows = names.map((text) => makeRow({ name: `${prefix}${text}` }));
      await getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
      const users = await collect({ field: 'name', descending: false }, { limit: 5, prefix });
      const folded = users.map((user) =>
        user.name.slice(prefix.length).normalize('NFD').replace(/\p{M}/gu, '').toLowerCase(),
      );
      expect(folded).toEqual(['ada', 'ada', 'emile', 'emile', 'zoe', 'zoe', '\ufffd sign', '😀 smile']);
    });

    it('holds all given parts of a filter', async () => {
      const prefix = `ÉTÉ ${randomUUID()}`;
      const at = (createTime: bigint, isActive: boolean) => makeRow({ name: `${prefix} x`, createTime, isActive });
      const rows = [at(1_000_001n, true), at(1_000_002n, true), at(1_000_003n, true), at(1_000_002n, false)];
      await getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
      const filter = {
        namePrefix: prefix.toLowerCase(),
        isActive: true,
        createdAfter: 1_000_002n,
        createdBefore: 1_000_003n,
      };
      const order = { field: 'points', descending: true } as const;
      const { users } = await getStore().reader.list({ filter, order, after: undefined, limit: 10 }, makeCall());
      expect(users.map(({ createTime, isActive }) => [createTime, isActive])).toEqual([[1_000_002n, true]]);
      expect(await getStore().reader.count(filter, makeCall())).toBe(1n);
      expect(await getStore().reader.count({ namePrefix: prefix }, makeCall())).toBe(4n);
    });

    it('shows everyone who stays put once, however others come meanwhile', async () => {
      const prefix = randomUUID();
      const make = (text: string) => makeRow({ name: `${prefix} ${text}` });
      const load = (rows: ImportRow[]) =>
        getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
      await load(['b', 'd', 'd', 'f', 'h'].map(make));
      const seen: string[] = [];
      let after: UserPosition | undefined;
      do {
        const order = { field: 'name', descending: false } as const;
        const page = await getStore().reader.list(
          { filter: { namePrefix: prefix }, order, after, limit: 2 },
          makeCall(),
        );
        seen.push(...page.users.map((user) => user.name.slice(prefix.length + 1)));
        after = page.next;
        if (seen.length < 12) await load(['a', 'd', 'e'].map(make));
      } while (after !== undefined);
      for (const [name, times] of [
        ['b', 1],
        ['f', 1],
        ['h', 1],
      ] as const) {
        expect(seen.filter((text) => text === name)).toHaveLength(times);
      }
      expect(seen).toEqual(seen.toSorted());
    });
  });
}

/** All of one length, so that their texts are ordered as they are. */
const timeOf = ({ createTime }: Pick<User, 'createTime'>) => String(createTime);
const foldedOf = ({ name }: User) => name.replace('á', 'a').toLowerCase();

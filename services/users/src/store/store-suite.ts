import { randomUUID } from 'node:crypto';
import { AnswerRecorded, type Claim, TandemError } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../domain/import-plan.ts';
import { type NewUser, type User, type UserOrder, type UserPosition, userOrderFields } from '../domain/user.ts';
import type { StoreCall, UserStore } from './store.ts';

/** A call with 10 s left. */
export function makeCall(claim?: Claim): StoreCall {
  return { deadline: Date.now() + 10_000, signal: new AbortController().signal, claim };
}

/** A claim whose replies are stored as JSON. */
export function makeClaim({ requestId, payload = 'payload' }: { requestId?: string; payload?: string } = {}): Claim {
  return {
    caller: 'suite',
    method: 'suite.Suite/Write',
    requestId: requestId ?? randomUUID(),
    fingerprint: Buffer.from(payload),
    encodeReply: (reply) => Buffer.from(JSON.stringify(reply)),
  };
}

/** A user to be, with an e-mail of its own. */
export function makeNewUser(fields: Partial<NewUser> = {}): NewUser {
  const id = makeUuid();
  return { id, idIsChosen: true, email: `${id}@Example.org`, name: 'Ada', passwordHash: null, ...fields };
}

/** A row to import, with an e-mail of its own. */
export function makeRow(fields: Partial<ImportRow> = {}): ImportRow {
  const blank = { id: undefined, isActive: undefined, passwordHash: undefined, createTime: undefined };
  return { ...blank, email: `${randomUUID()}@example.org`, name: 'Ada', ...fields };
}

/** Creates a user in a transaction of its own. */
export function insertUser(store: UserStore, fields: Partial<NewUser> = {}): Promise<User> {
  return store.transaction(makeCall(), (tx) => tx.users.insert(makeNewUser(fields)));
}

/** What every users' store promises, whatever it is made of. The database may hold other users. */
export function describeUserStore(name: string, getStore: () => UserStore): void {
  const reasonOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return error instanceof TandemError ? error.reason : error;
  };

  describe(`${name}: users`, () => {
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

    it('does what waits for the commit after it, and not after a rollback', async () => {
      const seen: (string | undefined)[] = [];
      const user = makeNewUser();
      await getStore().transaction(makeCall(), async (tx) => {
        tx.afterCommit(async () => void seen.push((await getStore().reader.get(user.id, makeCall()))?.id));
        return await tx.users.insert(user);
      });
      const failed = getStore().transaction(makeCall(), async (tx) => {
        tx.afterCommit(() => void seen.push('after rollback'));
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(seen).toEqual([user.id]);
    });
  });

  describe(`${name}: idempotency`, () => {
    it('has one effect and one answer however many duplicates race', async () => {
      const claim = makeClaim();
      const attempts = Array.from({ length: 12 }, async () => {
        try {
          return await getStore().transaction(makeCall(claim), async (tx) => ({
            id: (await tx.users.insert(makeNewUser())).id,
          }));
        } catch (error) {
          if (error instanceof AnswerRecorded) return JSON.parse(Buffer.from(error.answer.bytes).toString());
          throw error;
        }
      });
      const answers = new Set((await Promise.all(attempts)).map(({ id }) => id));
      expect(answers.size).toBe(1);
      const [id = ''] = answers;
      expect(await getStore().reader.get(id, makeCall())).toBeDefined();
    });

    it('answers the first answer again, also when its effect could not be repeated', async () => {
      const claim = makeClaim();
      const user = makeNewUser();
      const work = () =>
        getStore().transaction(makeCall(claim), async (tx) => ({ id: (await tx.users.insert(user)).id }));
      await work();
      const error = await work().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AnswerRecorded);
      const found = await getStore().records.find(claim, makeCall());
      expect(found).toEqual(error instanceof AnswerRecorded ? error.answer : undefined);
      expect(Buffer.from(found?.bytes ?? []).toString()).toBe(JSON.stringify({ id: user.id }));
    });

    it('refuses the same id for another payload', async () => {
      const claim = makeClaim();
      await getStore().transaction(makeCall(claim), async () => ({}));
      const other = makeClaim({ requestId: claim.requestId, payload: 'other' });
      expect(await reasonOf(getStore().transaction(makeCall(other), async () => ({})))).toBe('REQUEST_ID_REUSED');
      expect(await reasonOf(getStore().records.find(other, makeCall()))).toBe('REQUEST_ID_REUSED');
      expect(await reasonOf(getStore().records.putRefusal(other, Buffer.from('x'), makeCall()))).toBe(
        'REQUEST_ID_REUSED',
      );
    });

    it('keeps no record of a transaction that threw, so that it may be tried again', async () => {
      const claim = makeClaim();
      const failed = getStore().transaction(makeCall(claim), () => Promise.reject(new Error('no')));
      await expect(failed).rejects.toThrow('no');
      expect(await getStore().records.find(claim, makeCall())).toBeUndefined();
    });

    it('keeps the first refusal, whatever comes later', async () => {
      const claim = makeClaim();
      const { records } = getStore();
      const first = await records.putRefusal(claim, Buffer.from('first'), makeCall());
      const second = await records.putRefusal(claim, Buffer.from('second'), makeCall());
      expect(Buffer.from(second.bytes).toString()).toBe('first');
      expect(first.kind).toBe('refusal');
      const again = getStore().transaction(makeCall(claim), async () => ({}));
      await expect(again).rejects.toBeInstanceOf(AnswerRecorded);
    });
  });

  describe(`${name}: lists`, () => {
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
      await getStore().transaction(makeCall(), async (tx) => ({ done: await tx.users.importRows(rows, 'error') }));
      const whole = await collect(order, { limit: 1000, prefix });
      expect(whole).toHaveLength(names.length);
      expect(await collect(order, { limit: 3, prefix })).toEqual(whole);
      const reversed = await collect({ ...order, descending: !order.descending }, { limit: 1000, prefix });
      expect(reversed.toReversed()).toEqual(whole);
    });

    it('orders by folded code points', async () => {
      const prefix = randomUUID();
      const rows = names.map((text) => makeRow({ name: `${prefix}${text}` }));
      await getStore().transaction(makeCall(), async (tx) => ({ done: await tx.users.importRows(rows, 'error') }));
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
      await getStore().transaction(makeCall(), async (tx) => ({ done: await tx.users.importRows(rows, 'error') }));
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
        getStore().transaction(makeCall(), async (tx) => ({ done: await tx.users.importRows(rows, 'error') }));
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

  describe(`${name}: imports`, () => {
    const load = (rows: ImportRow[], onDuplicate: 'error' | 'skip' | 'update') =>
      getStore()
        .transaction(makeCall(), async (tx) => ({ outcomes: await tx.users.importRows(rows, onDuplicate) }))
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

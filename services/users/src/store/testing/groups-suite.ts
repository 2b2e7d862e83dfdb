import { describeIdempotency, makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe } from 'vitest';
import type { OneInsertion, OneMovement, Transact, UserStore } from '../store.ts';
import { insertUser, makeNewUser, makeTransfer } from './store-calls.ts';

/** What is promised of idempotency holds for work that may be committed with another's too. */
export function describeGroups(getStore: () => UserStore): void {
  describe('an insertion beside another', () => {
    describeIdempotency<OneInsertion>(() => ({
      store: { records: getStore().records, transaction: besideAnother(getStore().insertOne) },
      insert: (tx, id) => tx.users.insert(makeNewUser({ id, idIsChosen: false })),
      exists: async (id) => (await getStore().reader.get(id, makeCall())) !== undefined,
    }));
  });

  describe('a movement of points beside another', () => {
    let toUserId = '';
    beforeAll(async () => {
      toUserId = (await insertUser(getStore())).id;
    });
    describeIdempotency<OneMovement>(() => ({
      store: { records: getStore().records, transaction: besideAnother(getStore().moveOnce) },
      insert: (tx, id) => tx.points.move(makeTransfer({ id, toUserId })),
      exists: async (id) => (await getStore().points.reader.get(id, makeCall())) !== undefined,
    }));
  });
}

/** Each with a neighbour that it shares its transaction with, if it can. */
function besideAnother<Tx>(transact: Transact<Tx>): Transact<Tx> {
  return async (call, work) => {
    const neighbour = transact(makeCall(), async () => ({}));
    const [done] = await Promise.allSettled([transact(call, work), neighbour]);
    await neighbour;
    if (done.status === 'rejected') throw done.reason;
    return done.value;
  };
}

import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { v7 as makeUuid } from 'uuid';
import type { ImportRow } from '../../domain/import-plan.ts';
import type { Movement, NewTransfer } from '../../domain/points.ts';
import type { NewUser, User } from '../../domain/user.ts';
import type { UserStore } from '../store.ts';

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
  return store.insertOne(makeCall(), (tx) => tx.users.insert(makeNewUser(fields)));
}

/** A movement to be, under a request id of its own; sides that are not given are the system account. */
export function makeTransfer(fields: Partial<NewTransfer> = {}): NewTransfer {
  const blank = { fromUserId: undefined, toUserId: undefined, amount: 1n, reason: '', caller: 'suite' };
  return { id: makeUuid(), requestId: randomUUID(), ...blank, ...fields };
}

/** Moves points in a transaction of its own. */
export function movePoints(store: UserStore, fields: Partial<NewTransfer>): Promise<Movement> {
  return store.moveOnce(makeCall(), (tx) => tx.points.move(makeTransfer(fields)));
}

/** Creates a user with so many points. */
export async function insertRichUser(store: UserStore, points: bigint): Promise<User> {
  const user = await insertUser(store);
  await movePoints(store, { toUserId: user.id, amount: points });
  return { ...user, points };
}

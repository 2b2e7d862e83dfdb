import { randomUUID } from 'node:crypto';
import { type Claim, TandemError } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import type { ImportRow } from '../../domain/import-plan.ts';
import type { Movement, NewTransfer } from '../../domain/points.ts';
import type { NewUser, User } from '../../domain/user.ts';
import type { StoreCall, UserStore } from '../store.ts';

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

/** A movement to be, under a request id of its own; sides that are not given are the system account. */
export function makeTransfer(fields: Partial<NewTransfer> = {}): NewTransfer {
  const blank = { fromUserId: undefined, toUserId: undefined, amount: 1n, reason: '', caller: 'suite' };
  return { id: makeUuid(), requestId: randomUUID(), ...blank, ...fields };
}

/** Moves points in a transaction of its own. */
export function movePoints(store: UserStore, fields: Partial<NewTransfer>): Promise<Movement> {
  return store.transaction(makeCall(), (tx) => tx.points.move(makeTransfer(fields)));
}

/** Creates a user with so many points. */
export async function insertRichUser(store: UserStore, points: bigint): Promise<User> {
  const user = await insertUser(store);
  await movePoints(store, { toUserId: user.id, amount: points });
  return { ...user, points };
}

/** The reason of the refusal that `work` ends in, or whatever else it threw. */
export async function reasonOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof TandemError ? error.reason : error;
}

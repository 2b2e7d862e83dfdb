import { ReadConsistency } from '@tandem/contracts/options';
import type { GetTransferResponse, GetUserByEmailResponse, GetUserResponse } from '@tandem/contracts/users';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answerOf, expectRefused, expectReply, pickClient } from './ask.ts';
import { via } from './mutation.ts';
import {
  email,
  type KnownUser,
  makeCommand,
  slot,
  toView,
  type UsersCommand,
  type UsersModel,
  type UsersWorld,
} from './users-model.ts';

const consistency = fc.constantFrom(ReadConsistency.UNSPECIFIED, ReadConsistency.STRONG, ReadConsistency.EVENTUAL);

const get = fc.record({ slot, consistency, via }).map((args) =>
  makeCommand('get', args, async ({ model, replicas }) => {
    const id = model.idOf(args.slot);
    const answer = await answerOf(pickClient(replicas, args.via).getUser({ id, consistency: args.consistency }));
    const user = model.users.get(id);
    if (user === undefined) expectRefused(answer, ['USER_NOT_FOUND']);
    else expect(toView(expectReply<GetUserResponse>(answer).user)).toEqual(user.view);
  }),
);

const getByEmail = fc.record({ email, via }).map((args) =>
  makeCommand('getByEmail', args, async ({ model, replicas }) => {
    const address = model.emailOf(args.email);
    const answer = await answerOf(pickClient(replicas, args.via).getUserByEmail({ email: address }));
    const user = model.findByEmail(address);
    if (user === undefined) expectRefused(answer, ['USER_NOT_FOUND']);
    else expect(toView(expectReply<GetUserByEmailResponse>(answer).user)).toEqual(user.view);
  }),
);

const batchGet = fc.record({ slots: fc.array(slot, { minLength: 1, maxLength: 8 }), consistency, via }).map((args) =>
  makeCommand('batchGet', args, async ({ model, replicas }) => {
    const ids = args.slots.map((slot) => model.idOf(slot));
    const reply = await pickClient(replicas, args.via).batchGetUsers({ ids, consistency: args.consistency });
    const once = [...new Set(ids)];
    expect(reply.users.map(toView)).toEqual(once.flatMap((id) => model.users.get(id)?.view ?? []));
    expect(reply.missingIds).toEqual(once.filter((id) => !model.users.has(id)));
  }),
);

type Key = (user: KnownUser, model: UsersModel) => string | bigint;

const orders: Record<string, Key> = {
  name: (user, model) => model.foldedNameOf(user),
  email: ({ view }) => view.email.toLowerCase(),
  points: ({ view }) => view.points,
  create_time: ({ view }) => view.createMicros,
  update_time: ({ view }) => view.updateMicros,
};

const prefixes = ['', 'a', 'AE', 'zo', 'Stra', 'STRASS', 'łu', 'ada', 'x'] as const;
const foldedPrefixes: Record<string, string> = { AE: 'ae', Stra: 'stra', STRASS: 'strass', łu: 'lu' };

interface Selection {
  readonly isActive: boolean | null;
  readonly prefix: string;
}

const selection = fc.record({
  isActive: fc.constantFrom(null, null, true, false),
  prefix: fc.constantFrom(...prefixes),
});

/** All tests share the database: what is this run's begins with its mark. */
function toFilter({ isActive, prefix }: Selection, model: UsersModel) {
  return { namePrefix: `${model.mark} ${prefix}`, ...(isActive === null ? {} : { isActive }) };
}

function select({ isActive, prefix }: Selection, model: UsersModel): KnownUser[] {
  const start = `${model.mark} ${foldedPrefixes[prefix] ?? prefix}`;
  return [...model.users.values()]
    .filter(({ view }) => isActive === null || view.isActive === isActive)
    .filter((user) => model.foldedNameOf(user).startsWith(start));
}

function compare(left: string | bigint, right: string | bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const list = fc
  .record({
    selection,
    field: fc.constantFrom(...Object.keys(orders)),
    descending: fc.boolean(),
    pageSize: fc.integer({ min: 1, max: 4 }),
    via,
  })
  .map((args) =>
    makeCommand('list', args, async ({ model, replicas }) => {
      const key = orders[args.field] as Key;
      const expected = select(args.selection, model).sort(
        (left, right) => compare(key(left, model), key(right, model)) || compare(left.view.id, right.view.id),
      );
      if (args.descending) expected.reverse();
      const filter = toFilter(args.selection, model);
      const orderBy = `${args.field} ${args.descending ? 'desc' : 'asc'}`;
      const seen = [];
      let page: { nextPageToken: string; totalSize?: number | undefined } = { nextPageToken: '' };
      for (let pages = 0; pages === 0 || page.nextPageToken !== ''; pages += 1) {
        const request = {
          filter,
          orderBy,
          pageSize: args.pageSize,
          pageToken: page.nextPageToken,
          includeTotalSize: true,
        };
        // Each page from the other replica than the one before.
        const reply = await pickClient(replicas, args.via + pages).listUsers(request);
        expect(reply.totalSize).toBe(expected.length);
        expect(reply.users.length).toBeLessThanOrEqual(args.pageSize);
        seen.push(...reply.users.map(toView));
        page = reply;
      }
      expect(seen).toEqual(expected.map(({ view }) => view));
    }),
  );

const count = fc.record({ selection, via }).map((args) =>
  makeCommand('count', args, async ({ model, replicas }) => {
    const client = pickClient(replicas, args.via);
    const filter = toFilter(args.selection, model);
    const expected = select(args.selection, model);
    expect((await client.countUsers({ filter })).count).toBe(BigInt(expected.length));
    const stats = await client.getUserStats({ filter });
    expect(stats.total).toBe(BigInt(expected.length));
    const sum = expected.reduce((points, { view }) => points + view.points, 0n);
    expect(stats.points?.sum).toBe(BigInt.asIntN(64, sum) === sum ? sum : 9_223_372_036_854_775_807n);
  }),
);

/** No beginning of a word of the e-mail addresses. */
const searchable = ['ad', 'ÁD', 'zoe', 'STRASSE', 'Łu', 'aeg', 'xy'] as const;
const searchedAs = ['ad', 'ad', 'zoe', 'strasse', 'lu', 'aeg', 'xy'] as const;

const search = fc.record({ nth: fc.nat({ max: searchable.length - 1 }), via }).map((args) =>
  makeCommand('search', args, async ({ model, replicas }) => {
    const query = `${searchable[args.nth]} ${model.mark}`;
    const { hits } = await pickClient(replicas, args.via).searchUsers({ query });
    const start = `${model.mark} ${searchedAs[args.nth]}`;
    const expected = [...model.users.values()].filter((user) => model.foldedNameOf(user).startsWith(start));
    const byId = (views: { id: string }[]) => views.sort((left, right) => compare(left.id, right.id));
    expect(byId(hits.map(({ user }) => toView(user)))).toEqual(byId(expected.map(({ view }) => view)));
  }),
);

/** "Did it happen?", of a movement that was asked for, or of one that never was. */
const getTransfer = fc.record({ nth: fc.nat(), via }).map((args) =>
  makeCommand('getTransfer', args, async ({ model, replicas }) => {
    const { request } = model.answered[args.nth % Math.max(1, model.answered.length)] ?? {};
    const requestId = (request as { requestId: string } | undefined)?.requestId ?? model.idOf(0);
    const call = pickClient(replicas, args.via).getTransfer({ key: { case: 'requestId', value: requestId } });
    const answer = await answerOf(call);
    const made = model.transfers.find((transfer) => transfer.requestId === requestId);
    if (made === undefined) expectRefused(answer, ['TRANSFER_NOT_FOUND']);
    else expect(expectReply<GetTransferResponse>(answer).transfer).toEqual(made);
  }),
);

const listTransfers = fc.record({ slot, direction: fc.nat({ max: 2 }), via }).map((args) =>
  makeCommand('listTransfers', args, async ({ model, replicas }) => {
    const userId = model.idOf(args.slot);
    const request = { userId, filter: { direction: args.direction }, includeTotalSize: true };
    const { transfers, totalSize } = await pickClient(replicas, args.via).listTransfers(request);
    const [isIn, isOut] = [args.direction !== 2, args.direction !== 1];
    const expected = model.transfers
      .filter(({ fromUserId, toUserId }) => (isIn && toUserId === userId) || (isOut && fromUserId === userId))
      .reverse();
    expect(transfers).toEqual(expected);
    expect(totalSize).toBe(expected.length);
  }),
);

/** Each with how often it is drawn. */
export const readCommands: { weight: number; arbitrary: fc.Arbitrary<UsersCommand> }[] = [
  { weight: 3, arbitrary: get },
  { weight: 2, arbitrary: getByEmail },
  { weight: 3, arbitrary: batchGet },
  { weight: 4, arbitrary: list },
  { weight: 2, arbitrary: count },
  { weight: 2, arbitrary: search },
  { weight: 2, arbitrary: getTransfer },
  { weight: 2, arbitrary: listTransfers },
];

/** What is left of a run: every user, the whole ledger of each, and the ids that may not come back. */
export async function comparePeople({ model, replicas }: UsersWorld): Promise<void> {
  const client = pickClient(replicas, 0);
  const { users } = await client.batchGetUsers({ ids: [...model.ids], consistency: ReadConsistency.STRONG });
  expect(users.map(toView)).toEqual(model.ids.flatMap((id) => model.users.get(id)?.view ?? []));
  for (const { view } of model.users.values()) {
    const moved = model.transfers.filter(({ fromUserId, toUserId }) => [fromUserId, toUserId].includes(view.id));
    const { transfers } = await client.listTransfers({ userId: view.id });
    expect(transfers.toReversed()).toEqual(moved);
    expect(sumFor(view.id, transfers)).toBe(view.points);
  }
  for (const userId of model.deleted) {
    const email = `${model.mark}.again@model.example`;
    expectRefused(await answerOf(client.createUser({ userId, email, name: 'Again' })), ['ID_TAKEN']);
  }
}

function sumFor(userId: string, transfers: readonly { toUserId: string; amount: bigint }[]): bigint {
  return transfers.reduce((sum, { toUserId, amount }) => sum + (toUserId === userId ? amount : -amount), 0n);
}

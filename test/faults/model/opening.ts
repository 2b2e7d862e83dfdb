import { changePassword, createUser, deleteUser, updateUser } from './change-people.ts';
import { grantPoints, maxPoints, transferPoints } from './move-points.ts';
import { commandOf } from './mutation.ts';
import type { UsersCommand } from './users-model.ts';

const enter = (slot: number, number = slot) =>
  commandOf(createUser, { slot, email: { number, isUpper: true }, name: slot, password: undefined, via: 0 });
const grant = (slot: number, amount: bigint) => commandOf(grantPoints, { slot, amount, via: 1 });
const transfer = (from: number, to: number) => commandOf(transferPoints, { from, to, amount: 1n, via: 1 });
const change = (slot: number, how: Partial<Parameters<typeof updateUser.judge>[0]>) =>
  commandOf(updateUser, { slot, fields: { name: 6 }, mask: null, etag: 'none', via: 0, ...how });
const remove = (slot: number, etag = 'none') => commandOf(deleteUser, { slot, etag, via: 1 });
const renewPassword = (slot: number, current: string) =>
  commandOf(changePassword, { slot, newPassword: 'correct horse', current, via: 0 });

const [some, poor, inactive, rich, nobody, noMail] = [0, 1, 2, 3, 4, 5];

/** Who is there when a run begins: by chance alone few runs would meet a user who is poor, inactive or as rich as can be. */
export const firstPeople: readonly UsersCommand[] = [
  ...[some, poor, inactive, rich].map((slot) => enter(slot)),
  grant(some, 20n),
  grant(inactive, 20n),
  change(inactive, { fields: { isActive: false } }),
  grant(rich, maxPoints),
];

/** Mutations of the first people, of which each is refused on one ground alone; together they meet all that there are. */
export const everyGround: readonly UsersCommand[] = [
  enter(some, noMail),
  enter(nobody, some),
  change(some, { mask: ['points'] }),
  change(some, { mask: ['email'] }),
  change(nobody, {}),
  change(some, { etag: 'foreign' }),
  change(some, { fields: { email: { number: rich, isUpper: false } } }),
  remove(nobody),
  remove(some, 'foreign'),
  renewPassword(nobody, 'none'),
  renewPassword(some, 'wrong'),
  transfer(some, some),
  transfer(nobody, some),
  transfer(some, nobody),
  transfer(inactive, some),
  transfer(some, inactive),
  transfer(poor, some),
  transfer(some, rich),
  grant(nobody, 1n),
  grant(poor, -1n),
  grant(rich, 1n),
  remove(poor),
  enter(poor, noMail),
];

import { randomBytes, randomUUID } from 'node:crypto';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { UsersClient } from '@tandem/contracts';
import type { Transfer, User } from '@tandem/contracts/users';
import fc from 'fast-check';
import { type ModelCommand, makeModelCommand, type Replicas, type World } from './ask.ts';
import type { Answered, Mutation } from './mutation.ts';

/** What a read of a user must answer. */
export interface UserView {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly isActive: boolean;
  readonly points: bigint;
  readonly etag: string;
  readonly createMicros: bigint;
  readonly updateMicros: bigint;
}

export interface KnownUser {
  view: UserView;
  password: string | undefined;
  /** Etags that were this user's once. */
  readonly olderEtags: string[];
}

export interface KnownSession {
  readonly id: string;
  readonly token: string;
  readonly userId: string;
  isOpen: boolean;
}

/** Names with what they are compared as, written by hand: the model shares no code with the service. */
export const namePool = [
  { name: 'Ada', folded: 'ada' },
  { name: 'ÁDÁM', folded: 'adam' },
  { name: 'Zoë', folded: 'zoe' },
  { name: 'zoe', folded: 'zoe' },
  { name: 'Ægir', folded: 'aegir' },
  { name: 'Straße', folded: 'strasse' },
  { name: 'ŁUKASZ', folded: 'lukasz' },
] as const;

/** Few, so that calls meet the same users. */
const slots = 6;
const passwordPool = ['correct horse', 'battery staple'] as const;

/** The users service as its contract has it: plain collections, one call at a time. What is of this run bears its mark. */
export class UsersModel {
  readonly mark = `q${randomBytes(5).toString('hex')}`;
  readonly ids = Array.from({ length: slots }, () => randomUUID());
  readonly users = new Map<string, KnownUser>();
  readonly deleted = new Set<string>();
  readonly sessions: KnownSession[] = [];
  readonly transfers: Transfer[] = [];
  readonly answered: Answered[] = [];
  /** Mutations that were refused with nothing but this ground against them, as `deleteUser ETAG_MISMATCH`. */
  readonly decisive: string[] = [];

  idOf(slot: number): string {
    return this.ids[slot % slots] ?? '';
  }

  emailOf({ number, isUpper }: { number: number; isUpper: boolean }): string {
    const email = `${this.mark}.${number}@model.example`;
    return isUpper ? email.toUpperCase() : email;
  }

  nameOf(n: number): string {
    return `${this.mark} ${namePool[n % namePool.length]?.name}`;
  }

  /** Whose e-mail this is, ignoring case. */
  findByEmail(email: string): KnownUser | undefined {
    return [...this.users.values()].find(({ view }) => view.email.toLowerCase() === email.toLowerCase());
  }

  foldedNameOf({ view }: KnownUser): string {
    const name = view.name.slice(this.mark.length + 1);
    return `${this.mark} ${namePool.find((one) => one.name === name)?.folded}`;
  }

  openSessionsOf(userId: string): KnownSession[] {
    return this.sessions.filter((session) => session.userId === userId && session.isOpen);
  }

  /** Ends a user's open sessions, and says how many they were. */
  endSessionsOf(userId: string, exceptId?: string): bigint {
    const ended = this.openSessionsOf(userId).filter(({ id }) => id !== exceptId);
    for (const session of ended) session.isOpen = false;
    return BigInt(ended.length);
  }

  setView(user: KnownUser, view: UserView): void {
    if (view.etag !== user.view.etag) user.olderEtags.push(user.view.etag);
    user.view = view;
  }

  addPoints(userId: string, amount: bigint): bigint {
    const user = this.users.get(userId);
    if (user === undefined) throw new Error(`The model has no user ${userId}.`);
    user.view = { ...user.view, points: user.view.points + amount };
    return user.view.points;
  }
}

export type UsersReplicas = Replicas<UsersClient>;
export type UsersWorld = World<UsersModel, UsersReplicas>;
export type UsersCommand = ModelCommand<UsersModel, UsersReplicas>;
export type UsersMutation<Args> = Mutation<Args, UsersModel, UsersClient>;
export const makeCommand: <Args extends object>(
  name: string,
  args: Args,
  run: (world: UsersWorld) => Promise<void>,
) => UsersCommand = makeModelCommand;

export const slot = fc.nat({ max: slots - 1 });
export const email = fc.record({ number: fc.nat({ max: slots - 1 }), isUpper: fc.boolean() });
export const password = fc.constantFrom(...passwordPool);

/** A user of a reply, in the model's terms. */
export function toView(user: User | undefined): UserView {
  if (user === undefined) throw new Error('The reply has no user.');
  const { id, email = '', name = '', isActive = false, points, etag, createTime, updateTime } = user;
  const times = { createMicros: toMicros(createTime), updateMicros: toMicros(updateTime) };
  return { id, email, name, isActive, points, etag, ...times };
}

function toMicros(time: Timestamp | undefined): bigint {
  if (time === undefined) throw new Error('The reply lacks a time.');
  return time.seconds * 1_000_000n + BigInt(time.nanos / 1_000);
}

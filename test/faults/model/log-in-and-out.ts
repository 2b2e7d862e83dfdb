import type {
  CreateSessionResponse,
  RevokeSessionResponse,
  RevokeUserSessionsResponse,
  ValidateSessionResponse,
} from '@tandem/contracts/users';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answerOf, expectRefused, expectReply, pickClient } from './ask.ts';
import { via } from './mutation.ts';
import {
  email,
  type KnownSession,
  makeCommand,
  password,
  slot,
  toView,
  type UsersCommand,
  type UsersModel,
  type UsersWorld,
} from './users-model.ts';

const logIn = fc.record({ nth: fc.option(fc.nat(), { freq: 4 }), email, password, via }).map((args) =>
  makeCommand('logIn', args, async ({ model, replicas }) => {
    const { address, password } = chooseLogin(args, model);
    const user = model.findByEmail(address);
    const call = pickClient(replicas, args.via).createSession({ email: address, password });
    const answer = await answerOf(call);
    if (user === undefined || !user.view.isActive || user.password !== password) {
      return expectRefused(answer, ['CREDENTIALS_INVALID']);
    }
    const { session, token, user: loggedIn } = expectReply<CreateSessionResponse>(answer);
    expect(toView(loggedIn)).toEqual(user.view);
    expect(session?.userId).toBe(user.view.id);
    model.sessions.push({ id: session?.id ?? '', token, userId: user.view.id, isOpen: true });
  }),
);

const validate = fc.record({ nth: fc.nat(), via }).map((args) =>
  makeCommand('validate', args, async ({ model, replicas }) => {
    const session = pickSession(model, args.nth);
    const token = session?.token ?? 'opens nothing';
    const answer = await answerOf(pickClient(replicas, args.via).validateSession({ token }));
    const user = session?.isOpen ? model.users.get(session.userId) : undefined;
    if (session === undefined || user === undefined) return expectRefused(answer, ['SESSION_INVALID']);
    const reply = expectReply<ValidateSessionResponse>(answer);
    expect(reply.session?.id).toBe(session.id);
    expect(toView(reply.user)).toEqual(user.view);
  }),
);

const revoke = fc.record({ nth: fc.nat(), by: fc.constantFrom('token' as const, 'id' as const), via }).map((args) =>
  makeCommand('revoke', args, async ({ model, replicas }) => {
    const session = pickSession(model, args.nth);
    const value = session?.[args.by] ?? '00000000-0000-4000-8000-000000000000';
    const answer = await answerOf(pickClient(replicas, args.via).revokeSession({ key: { case: args.by, value } }));
    expect(expectReply<RevokeSessionResponse>(answer).revoked).toBe(session?.isOpen ? 1n : 0n);
    if (session !== undefined) session.isOpen = false;
  }),
);

const revokeAll = fc.record({ slot, keepsOne: fc.boolean(), via }).map((args) =>
  makeCommand('revokeAll', args, async ({ model, replicas }) => {
    const userId = model.idOf(args.slot);
    const exceptSessionId = args.keepsOne ? (model.openSessionsOf(userId)[0]?.id ?? '') : '';
    const answer = await answerOf(pickClient(replicas, args.via).revokeUserSessions({ userId, exceptSessionId }));
    const { revoked } = expectReply<RevokeUserSessionsResponse>(answer);
    expect(revoked).toBe(model.endSessionsOf(userId, exceptSessionId));
  }),
);

/** Latest first; those of a deleted user are gone, those that ended are still listed. */
const listSessions = fc.record({ slot, activeOnly: fc.boolean(), via }).map((args) =>
  makeCommand('listSessions', args, async ({ model, replicas }) => {
    const userId = model.idOf(args.slot);
    const request = { userId, activeOnly: args.activeOnly, includeTotalSize: true };
    const { sessions, totalSize } = await pickClient(replicas, args.via).listSessions(request);
    const expected = model.sessions
      .filter((session) => session.userId === userId && model.users.has(userId))
      .filter(({ isOpen }) => isOpen || !args.activeOnly)
      .reverse();
    expect(sessions.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(sessions.map(({ revokeTime }) => revokeTime === undefined)).toEqual(expected.map(({ isOpen }) => isOpen));
    expect(totalSize).toBe(expected.length);
  }),
);

/** Three of four are those of a user who has a password, where there is one: drawn by chance few would be let in. */
function chooseLogin(
  { nth, email, password }: { nth: number | null; email: { number: number; isUpper: boolean }; password: string },
  model: UsersModel,
): { address: string; password: string } {
  const knowing = [...model.users.values()].filter((user) => user.password !== undefined);
  const user = nth === null ? undefined : knowing[nth % Math.max(1, knowing.length)];
  return { address: user?.view.email ?? model.emailOf(email), password: user?.password ?? password };
}

/** The latest are drawn as often as all others. */
function pickSession({ sessions }: UsersModel, nth: number): KnownSession | undefined {
  return nth % 2 === 0 ? sessions.at(-1) : sessions[nth % Math.max(1, sessions.length)];
}

/** What is left of a run: every session as it was left, and the lists that it stands in. */
export async function compareSessions({ model, replicas }: UsersWorld): Promise<void> {
  const client = pickClient(replicas, 1);
  for (const { token, isOpen } of model.sessions) {
    const answer = await answerOf(client.validateSession({ token }));
    if (isOpen) expectReply(answer);
    else expectRefused(answer, ['SESSION_INVALID']);
  }
  for (const userId of model.users.keys()) {
    const { sessions } = await client.listSessions({ userId, activeOnly: true });
    const open = model.openSessionsOf(userId).map(({ id }) => id);
    expect(sessions.map(({ id }) => id)).toEqual(open.reverse());
  }
}

/** Each with how often it is drawn. */
export const sessionCommands: { weight: number; arbitrary: fc.Arbitrary<UsersCommand> }[] = [
  { weight: 4, arbitrary: logIn },
  { weight: 5, arbitrary: validate },
  { weight: 2, arbitrary: revoke },
  { weight: 1, arbitrary: revokeAll },
  { weight: 2, arbitrary: listSessions },
];

import type { ChangePasswordResponse, CreateUserResponse, UpdateUserResponse } from '@tandem/contracts/users';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectReply } from './ask.ts';
import { email, type KnownUser, password, slot, toView, type UsersModel, type UsersMutation } from './users-model.ts';

const nameNumber = fc.nat({ max: 6 });
const etagChoice = fc.constantFrom('none', 'none', 'current', 'current', 'older', 'foreign');

/** Hashing is slow, so that most have no password. */
const none = fc.constant(undefined);

export const createUser: UsersMutation<{
  slot: number;
  email: { number: number; isUpper: boolean };
  name: number;
  password: string | undefined;
}> = {
  method: 'createUser',
  grounds: ['ID_TAKEN', 'ID_TAKEN for ever', 'EMAIL_TAKEN'],
  args: fc.record({ slot, email, name: nameNumber, password: fc.oneof(none, none, password) }),
  request: (args, model) => ({
    userId: model.idOf(args.slot),
    email: model.emailOf(args.email),
    name: model.nameOf(args.name),
    ...(args.password === undefined ? {} : { password: args.password }),
  }),
  other: (request) => ({ ...request, name: 'Somebody else' }),
  judge(args, model) {
    const id = model.idOf(args.slot);
    const wanted = { id, email: model.emailOf(args.email), name: model.nameOf(args.name), isActive: true, points: 0n };
    const refused = [
      ...(model.users.has(id) ? ['ID_TAKEN'] : []),
      ...(model.deleted.has(id) ? ['ID_TAKEN for ever'] : []),
      ...(model.findByEmail(wanted.email) ? ['EMAIL_TAKEN'] : []),
    ];
    return {
      refused,
      take(answer) {
        const view = toView(expectReply<CreateUserResponse>(answer).user);
        expect(view).toMatchObject(wanted);
        expect(view.updateMicros).toBe(view.createMicros);
        model.users.set(id, { view, password: args.password, olderEtags: [] });
      },
    };
  },
};

interface Update {
  slot: number;
  fields: { email?: { number: number; isUpper: boolean }; name?: number; isActive?: boolean };
  mask: readonly string[] | null;
  etag: string;
}

export const updateUser: UsersMutation<Update> = {
  method: 'updateUser',
  grounds: ['MASK_PATH_INVALID', 'FIELD_INVALID', 'USER_NOT_FOUND', 'ETAG_MISMATCH', 'EMAIL_TAKEN'],
  args: fc.record({
    slot,
    fields: fc.record({ email, name: nameNumber, isActive: fc.boolean() }, { requiredKeys: [] }),
    mask: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 4, arbitrary: fc.subarray(['email', 'name', 'is_active']) },
      { weight: 1, arbitrary: fc.constantFrom(['*'], ['points'], ['name', 'id']) },
    ),
    etag: etagChoice,
  }),
  request: ({ slot, fields, mask, etag }, model) => ({
    user: { id: model.idOf(slot), points: 0n, ...wantedFields(fields, model), etag: chooseEtag(slot, etag, model) },
    ...(mask === null ? {} : { updateMask: { paths: [...mask] } }),
  }),
  other: (request) => ({ ...request, user: { ...(request as { user: object }).user, name: 'Somebody else' } }),
  judge({ slot, fields, mask, etag }, model) {
    const given = wantedFields(fields, model);
    const paths = listPaths(mask, given);
    const invalid = findInvalidPath(paths, given);
    if (invalid !== undefined) return { refused: [invalid], isKept: false, take() {} };
    const user = model.users.get(model.idOf(slot));
    if (user === undefined) return { refused: ['USER_NOT_FOUND'], take() {} };
    const changes = Object.fromEntries(Object.entries(given).filter(([field]) => paths.includes(toPath(field))));
    const wanted = { ...user.view, ...changes };
    const holder = model.findByEmail(wanted.email);
    const refused = [
      ...(isStale(user, etag) ? ['ETAG_MISMATCH'] : []),
      ...(holder !== undefined && holder !== user ? ['EMAIL_TAKEN'] : []),
    ];
    return { refused, take: (answer) => takeUpdate(answer, { user, wanted, model }) };
  },
};

function takeUpdate(
  answer: Answer,
  { user, wanted, model }: { user: KnownUser; wanted: KnownUser['view']; model: UsersModel },
): void {
  const before = user.view;
  const view = toView(expectReply<UpdateUserResponse>(answer).user);
  const { etag, updateMicros, ...rest } = wanted;
  expect(view).toMatchObject(rest);
  const isChanged = wanted.email !== before.email || wanted.name !== before.name || wanted.isActive !== before.isActive;
  if (isChanged) {
    expect([etag, ...user.olderEtags]).not.toContain(view.etag);
    expect(view.updateMicros).toBeGreaterThan(updateMicros);
  } else {
    expect(view).toEqual(before);
  }
  model.setView(user, view);
  if (before.isActive && !view.isActive) model.endSessionsOf(view.id);
}

function wantedFields({ email, name, isActive }: Update['fields'], model: UsersModel) {
  return {
    ...(email === undefined ? {} : { email: model.emailOf(email) }),
    ...(name === undefined ? {} : { name: model.nameOf(name) }),
    ...(isActive === undefined ? {} : { isActive }),
  };
}

const toPath = (field: string) => (field === 'isActive' ? 'is_active' : field);

/** An empty mask is one that was left out. */
function listPaths(mask: readonly string[] | null, given: object): readonly string[] {
  if (mask === null || mask.length === 0) return Object.keys(given).map(toPath);
  return mask.includes('*') ? ['email', 'name', 'is_active'] : mask;
}

function findInvalidPath(paths: readonly string[], given: object): string | undefined {
  if (paths.some((path) => path === 'points' || path === 'id')) return 'MASK_PATH_INVALID';
  const givenPaths = Object.keys(given).map(toPath);
  return paths.every((path) => givenPaths.includes(path)) ? undefined : 'FIELD_INVALID';
}

function chooseEtag(slot: number, choice: string, model: UsersModel): string {
  const user = model.users.get(model.idOf(slot));
  if (choice === 'current') return user?.view.etag ?? '1';
  if (choice === 'older') return user?.olderEtags.at(-1) ?? '';
  return choice === 'foreign' ? 'of something else' : '';
}

function isStale({ olderEtags }: KnownUser, choice: string): boolean {
  return choice === 'foreign' || (choice === 'older' && olderEtags.length > 0);
}

export const deleteUser: UsersMutation<{ slot: number; etag: string }> = {
  method: 'deleteUser',
  grounds: ['USER_NOT_FOUND', 'ETAG_MISMATCH'],
  args: fc.record({ slot, etag: etagChoice }),
  request: ({ slot, etag }, model) => ({ id: model.idOf(slot), etag: chooseEtag(slot, etag, model) }),
  other: (request) => ({ ...request, etag: 'of something else again' }),
  judge({ slot, etag }, model) {
    const id = model.idOf(slot);
    const user = model.users.get(id);
    if (user === undefined) return { refused: ['USER_NOT_FOUND'], take() {} };
    return {
      refused: isStale(user, etag) ? ['ETAG_MISMATCH'] : [],
      take(answer) {
        expectReply(answer);
        model.users.delete(id);
        model.deleted.add(id);
        const kept = model.sessions.filter((session) => session.userId !== id);
        // Tokens of a deleted user open nothing; that they opened something is still known.
        for (const session of model.sessions) if (!kept.includes(session)) session.isOpen = false;
      },
    };
  },
};

export const changePassword: UsersMutation<{ slot: number; newPassword: string; current: string }> = {
  method: 'changePassword',
  grounds: ['USER_NOT_FOUND', 'PASSWORD_INCORRECT'],
  args: fc.record({ slot, newPassword: password, current: fc.constantFrom('none', 'right', 'wrong') }),
  request: ({ slot, newPassword, current }, model) => ({
    id: model.idOf(slot),
    newPassword,
    ...(current === 'none' ? {} : { currentPassword: chooseCurrent(slot, current, model) }),
  }),
  other: (request) => ({ ...request, newPassword: 'another password' }),
  judge({ slot, newPassword, current }, model) {
    const user = model.users.get(model.idOf(slot));
    if (user === undefined) return { refused: ['USER_NOT_FOUND'], take() {} };
    const isWrong = current === 'wrong' || (current === 'right' && user.password === undefined);
    return {
      refused: isWrong ? ['PASSWORD_INCORRECT'] : [],
      async take(answer, client) {
        const { revokedSessions } = expectReply<ChangePasswordResponse>(answer);
        expect(revokedSessions).toBe(model.endSessionsOf(user.view.id));
        user.password = newPassword;
        // It may change the version, which the reply does not tell.
        const view = toView((await client.getUser({ id: user.view.id })).user);
        const { etag: _etag, updateMicros: _updated, ...rest } = user.view;
        expect(view).toMatchObject(rest);
        model.setView(user, view);
      },
    };
  },
};

function chooseCurrent(slot: number, current: string, model: UsersModel): string {
  const known = model.users.get(model.idOf(slot))?.password;
  return current === 'right' && known !== undefined ? known : 'never a password';
}

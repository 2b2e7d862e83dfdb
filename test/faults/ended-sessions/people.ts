import { randomUUID } from 'node:crypto';
import { ConnectError } from '@connectrpc/connect';
import type { UsersClient } from '@tandem/contracts';
import { OnDuplicate } from '@tandem/contracts/users';
import { expect } from 'vitest';
import { importStream } from '../../pair/import-stream.ts';

export interface Person {
  readonly id: string;
  readonly email: string;
}

/** A way to end all of a person's sessions. */
export type Ending<Whose extends Person = Person> = readonly [name: string, end: (whose: Whose) => Promise<unknown>];

const password = 'correct horse';
/** Of another one, in the form that imports take. */
const otherHash = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export async function makePerson(users: UsersClient): Promise<Person> {
  const id = randomUUID();
  const person = { id, email: `${id}@e2e.example` };
  await users.createUser({ userId: id, email: person.email, name: 'Ada', password });
  return person;
}

/** The token of a new session. */
export async function logIn(users: UsersClient, { email }: Person): Promise<string> {
  const { token } = await users.createSession({ email, password });
  return token;
}

export async function isValid(users: UsersClient, token: string): Promise<boolean> {
  try {
    await users.validateSession({ token });
    return true;
  } catch (error) {
    if (error instanceof ConnectError && error.rawMessage.startsWith('The session is unknown')) return false;
    throw error;
  }
}

/** Those after which nobody logs in by the same password. */
export function listEndingsForGood(users: UsersClient): Ending[] {
  /** Takes the person in again, changed, as a row of an import. */
  async function importOver({ id, email }: Person, fields: { isActive?: boolean; passwordHash?: string }) {
    const { updated } = await users.importUsers(
      importStream(OnDuplicate.UPDATE, [{ id, email, name: 'Ada', ...fields }]),
    );
    expect(updated).toBe(1n);
  }

  return [
    [
      'a deactivation',
      ({ id }) => users.updateUser({ user: { id, isActive: false }, updateMask: { paths: ['is_active'] } }),
    ],
    ['ChangePassword', ({ id }) => users.changePassword({ id, newPassword: 'another password' })],
    ['DeleteUser', ({ id }) => users.deleteUser({ id })],
    ['an import that deactivates', (person) => importOver(person, { isActive: false })],
    ['an import with a new password', (person) => importOver(person, { passwordHash: otherHash })],
  ];
}

export function endByRevocation(users: UsersClient): Ending {
  return ['RevokeUserSessions', ({ id }) => users.revokeUserSessions({ userId: id })];
}

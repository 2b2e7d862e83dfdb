import type {
  ChangePasswordRequest,
  ChangePasswordRequestSchema,
  ChangePasswordResponseSchema,
} from '@tandem/contracts/users';
import {
  AnswerRecorded,
  type Call,
  fieldInvalid,
  type IdempotencyRecords,
  TandemError,
  type UnaryHandler,
} from '@tandem/rpc';
import { checkPassword, normalizePassword, type PasswordHasher } from '../domain/password.ts';
import type { UserReader, UserStore } from '../store/store.ts';
import { requireUser } from './user-message.ts';

interface ChangePasswordDependencies {
  readonly store: Pick<UserStore, 'transaction'> & { readonly reader: Pick<UserReader, 'getPassword'> };
  readonly records: Pick<IdempotencyRecords, 'find'>;
  readonly passwords: PasswordHasher;
}

/** How often a current password is verified anew because the hash was replaced meanwhile. */
const maxAttempts = 3;

/** Thrown inside the transaction: the hash that was verified is not the user's any more. */
class PasswordReplaced extends Error {
  override readonly name = 'PasswordReplaced';
}

/**
 * Sets a new password and ends all of the user's sessions. Hashes are made and verified outside the transaction, which
 * would hold the user's row meanwhile; inside it the verified hash must still stand.
 */
export function changePassword(
  dependencies: ChangePasswordDependencies,
): UnaryHandler<typeof ChangePasswordRequestSchema, typeof ChangePasswordResponseSchema> {
  const { store, records, passwords } = dependencies;
  return async (request, call) => {
    const newPassword = readNewPassword(request);
    const recorded = call.claim === undefined ? undefined : await records.find(call.claim, call);
    if (recorded !== undefined) throw new AnswerRecorded(recorded);
    let replacing = await verifyCurrent(request, call, dependencies);
    const hash = await passwords.hash(newPassword, call.signal);
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      try {
        return await replacePassword(store, call, { id: request.id, hash, replacing });
      } catch (error) {
        if (!(error instanceof PasswordReplaced)) throw error;
        replacing = await verifyCurrent(request, call, dependencies);
      }
    }
    throw new TandemError('OVERLOADED', 'Others change the same password at the same time; try again a little later.');
  };
}

function readNewPassword(request: ChangePasswordRequest): string {
  const password = normalizePassword(request.newPassword);
  const problem = checkPassword(password);
  if (problem !== undefined) throw fieldInvalid('new_password', problem);
  return password;
}

/** The hash that the current password was verified by; undefined where none was given. */
async function verifyCurrent(
  { id, currentPassword }: ChangePasswordRequest,
  call: Call,
  { store, passwords }: ChangePasswordDependencies,
): Promise<string | undefined> {
  const { hash } = requireUser(await store.reader.getPassword(id, call), id);
  if (currentPassword === undefined) return undefined;
  const isRight = hash !== null && (await passwords.verify(hash, normalizePassword(currentPassword), call.signal));
  if (isRight) return hash;
  throw new TandemError('PASSWORD_INCORRECT', 'current_password is not the current one; give it, or leave it out.');
}

function replacePassword(
  store: Pick<UserStore, 'transaction'>,
  call: Call,
  change: { readonly id: string; readonly hash: string; readonly replacing: string | undefined },
): Promise<{ revokedSessions: bigint }> {
  return store.transaction(call, async (tx) => {
    if (!(await tx.users.setPassword(change))) throw new PasswordReplaced();
    const { count } = await tx.sessions.endAll(change.id);
    return { revokedSessions: BigInt(count) };
  });
}

import type { CreateUserRequest, CreateUserRequestSchema, CreateUserResponseSchema } from '@tandem/contracts/users';
import { AnswerRecorded, type Call, fieldInvalid, type IdempotencyRecords, type UnaryHandler } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import { checkName } from '../domain/names.ts';
import { checkPassword, normalizePassword, type PasswordHasher } from '../domain/password.ts';
import type { UserStore } from '../store/store.ts';
import { toUserMessage } from './user-message.ts';

interface CreateUserDependencies {
  readonly store: Pick<UserStore, 'transaction'>;
  readonly records: Pick<IdempotencyRecords, 'find'>;
  readonly passwords: Pick<PasswordHasher, 'hash'>;
}

/** Creates a user. */
export function createUser(
  dependencies: CreateUserDependencies,
): UnaryHandler<typeof CreateUserRequestSchema, typeof CreateUserResponseSchema> {
  return async (request, call) => {
    const problem = checkName(request.name);
    if (problem !== undefined) throw fieldInvalid('name', problem);
    const passwordHash = await hashPassword(request, call, dependencies);
    const { email, name, userId } = request;
    return await dependencies.store.transaction(call, async (tx) => {
      const id = userId === '' ? makeUuid() : userId;
      const user = await tx.users.insert({ id, idIsChosen: userId !== '', email, name, passwordHash });
      return { user: toUserMessage(user) };
    });
  };
}

/**
 * A call that was answered before must not hash a second time: its turn may be refused when too many wait. Its fingerprint
 * has cost one hash already, without which nobody could tell that it is the same call.
 */
async function hashPassword(
  { password }: CreateUserRequest,
  call: Call,
  { records, passwords }: CreateUserDependencies,
): Promise<string | null> {
  if (password === undefined) return null;
  const normalized = normalizePassword(password);
  const problem = checkPassword(normalized);
  if (problem !== undefined) throw fieldInvalid('password', problem);
  const recorded = call.claim === undefined ? undefined : await records.find(call.claim, call);
  if (recorded !== undefined) throw new AnswerRecorded(recorded);
  return await passwords.hash(normalized, call.signal);
}

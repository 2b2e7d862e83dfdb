import type { CreateUserRequestSchema, CreateUserResponseSchema } from '@tandem/contracts/users';
import { fieldInvalid, type UnaryHandler } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import { checkName } from '../domain/names.ts';
import type { UserStore } from '../store/store.ts';
import { type HashingDependencies, hashNewPassword } from './hash-new-password.ts';
import { toUserMessage } from './user-message.ts';

interface CreateUserDependencies extends HashingDependencies {
  readonly store: Pick<UserStore, 'insertOne'>;
}

/** Creates a user. */
export function createUser(
  dependencies: CreateUserDependencies,
): UnaryHandler<typeof CreateUserRequestSchema, typeof CreateUserResponseSchema> {
  return async (request, call) => {
    const problem = checkName(request.name);
    if (problem !== undefined) throw fieldInvalid('name', problem);
    const passwordHash = await hashNewPassword(request.password, call, dependencies);
    const { email, name, userId } = request;
    return await dependencies.store.insertOne(call, async (tx) => {
      const id = userId === '' ? makeUuid() : userId;
      const user = await tx.users.insert({ id, idIsChosen: userId !== '', email, name, passwordHash });
      return { user: toUserMessage(user) };
    });
  };
}

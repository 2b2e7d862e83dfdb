import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { CreateUserRequestSchema, CreateUserResponseSchema, type User } from '@tandem/contracts/users';
import { makeCall } from '@tandem/rpc/testing';
import { createArgon2Hasher } from '../../passwords/argon2-hasher.ts';
import type { UserStore } from '../../store/store.ts';
import { createUser } from '../create-user.ts';
import { messageOf } from './call-handler.ts';

/** What creates a user by CreateUser, with an e-mail of its own where none is given. */
export function makeCreateOne(store: UserStore) {
  const handle = createUser({ store, records: store.records, passwords: createArgon2Hasher() });
  return async (init: MessageInitShape<typeof CreateUserRequestSchema> = {}, call = makeCall()): Promise<User> => {
    const message = create(CreateUserRequestSchema, { email: `${randomUUID()}@example.org`, name: 'Ada', ...init });
    const { user } = await messageOf(CreateUserResponseSchema, handle(message, call));
    if (user === undefined) throw new Error('CreateUser answered no user.');
    return user;
  };
}

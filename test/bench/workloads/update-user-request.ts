import { randomUUID } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { UpdateUserRequestSchema, UpdateUserResponseSchema } from '@tandem/contracts/users';
import { nameUser } from '../stores/user-id.ts';
import type { LoadRequest } from '../workload.ts';

export const UPDATE_USER_PATH = '/tandem.users.v1.UserService/UpdateUser';

/** Gives the user with this number another name, and looks whether the reply has it. */
export function makeUpdateUserRequest(number: number): LoadRequest {
  const [id, name] = [nameUser(number), `User ${randomUUID()}`];
  const request = create(UpdateUserRequestSchema, { user: { id, name }, requestId: randomUUID() });
  return {
    message: toBinary(UpdateUserRequestSchema, request),
    findFault(reply) {
      const { user } = fromBinary(UpdateUserResponseSchema, reply);
      return user?.id === id && user.name === name
        ? undefined
        : `named user ${id} ${name}, got ${user?.name ?? 'none'}`;
    },
  };
}

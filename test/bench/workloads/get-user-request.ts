import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ReadConsistency } from '@tandem/contracts/options';
import { GetUserRequestSchema, GetUserResponseSchema } from '@tandem/contracts/users';
import { nameUser } from '../stores/user-id.ts';
import type { LoadRequest } from '../workload.ts';

export const GET_USER_PATH = '/tandem.users.v1.UserService/GetUser';

/** Asks for the user with this number, and looks whether the reply is that user. */
export function makeGetUserRequest(
  number: number,
  consistency: ReadConsistency = ReadConsistency.UNSPECIFIED,
): LoadRequest {
  const id = nameUser(number);
  return {
    message: toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id, consistency })),
    findFault(reply) {
      const { user } = fromBinary(GetUserResponseSchema, reply);
      return user?.id === id ? undefined : `asked for user ${id}, got ${user?.id ?? 'none'}`;
    },
  };
}

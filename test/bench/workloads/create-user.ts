import { randomUUID } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { CreateUserRequestSchema, CreateUserResponseSchema } from '@tandem/contracts/users';
import { plain, tandemUsers, tandemUsersUncached } from '../servers/programs.ts';
import { checkWindowUsers, nameWindowEmail, removeWindowUsers } from '../stores/seed-users.ts';
import type { LoadRequest, Workload } from '../workload.ts';

/** More than a window takes: an e-mail that came round again would be refused, and end the run. */
const REQUESTS = 50_000;

/** A write of one row, without a password: hashing would be all that is measured. */
export const createUser: Workload = {
  name: 'CreateUser',
  notes: [
    'CreateUser: no password; each request has a request_id, as the typed clients send it: ours keeps the answer for it in the same ' +
      'transaction, plain passes over it. Afterwards as many users are there as were answered. uncached is ours without Redis.',
  ],
  path: '/tandem.users.v1.UserService/CreateUser',
  ours: tandemUsers,
  peers: { plain, uncached: tandemUsersUncached },
  limits: [],
  makeRequests: () => Array.from({ length: REQUESTS }, (_, number) => makeRequest(number)),
  async prepareWindow({ usersDatabaseUrl }) {
    await removeWindowUsers(usersDatabaseUrl);
    return ({ answered }) => checkWindowUsers(usersDatabaseUrl, answered);
  },
};

/** The same under an id of the caller's, of which it may be cached that there is none. */
export const createUserUnderId: Workload = {
  ...createUser,
  name: 'CreateUser under an id',
  notes: ['CreateUser under an id: chosen by the caller, so that it is marked and settled; uncached as above.'],
  peers: { uncached: tandemUsersUncached },
  makeRequests: () => Array.from({ length: REQUESTS }, (_, number) => makeRequest(number, randomUUID())),
};

function makeRequest(number: number, userId = ''): LoadRequest {
  const email = nameWindowEmail(number);
  const request = create(CreateUserRequestSchema, { userId, email, name: `User ${number}`, requestId: randomUUID() });
  return {
    message: toBinary(CreateUserRequestSchema, request),
    findFault(reply) {
      const { user } = fromBinary(CreateUserResponseSchema, reply);
      return user?.email === email ? undefined : `created ${email}, got ${user?.email ?? 'none'}`;
    },
  };
}

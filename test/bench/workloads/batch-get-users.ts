import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BatchGetUsersRequestSchema, BatchGetUsersResponseSchema } from '@tandem/contracts/users';
import { chooseHotUsers } from '../load/choose-users.ts';
import { plain, tandemUsers } from '../servers/programs.ts';
import { nameUser } from '../stores/user-id.ts';
import type { LoadRequest, Workload } from '../workload.ts';

const requests = 1_000;
const size = 50;

/** Users as the authors of a page are read. */
export const batchGetUsers: Workload = {
  name: 'BatchGetUsers 50',
  notes: ['BatchGetUsers 50: of 500 users, by Zipf, so that Redis has them; both sides ask it by one MGET.'],
  path: '/tandem.users.v1.UserService/BatchGetUsers',
  ours: tandemUsers,
  peers: { plain },
  limits: [],
  makeRequests: (source) => {
    const numbers = chooseHotUsers(source, requests * size);
    return Array.from({ length: requests }, (_, index) => makeRequest(numbers.slice(index * size, (index + 1) * size)));
  },
};

function makeRequest(numbers: readonly number[]): LoadRequest {
  const ids = [...new Set(numbers)].map(nameUser);
  return {
    message: toBinary(BatchGetUsersRequestSchema, create(BatchGetUsersRequestSchema, { ids })),
    findFault(reply) {
      const { users } = fromBinary(BatchGetUsersResponseSchema, reply);
      const asExpected = users.length === ids.length && users.every(({ id }, index) => id === ids[index]);
      return asExpected ? undefined : `asked for ${ids.length} users, got ${users.length}, or in another order`;
    },
  };
}

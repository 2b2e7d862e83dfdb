import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ImportUsersRequestSchema, ImportUsersResponseSchema, OnDuplicate } from '@tandem/contracts/users';
import { plain, tandemUsers } from '../servers/programs.ts';
import { checkWindowUsers, nameWindowEmail, removeWindowUsers } from '../stores/seed-users.ts';
import type { LoadRequest, Workload } from '../workload.ts';

const ROWS_PER_MESSAGE = 1000;

/** A stream of rows into a table that has twice as many. */
export const importUsers: Workload = {
  name: 'ImportUsers',
  notes: [
    'ImportUsers: rows a second, half as many as there are users, in one stream of 1000 rows a message; ours takes the rows of a ' +
      'message in by one statement, plain row by row. A window is as long as the import.',
  ],
  path: '/tandem.users.v1.UserService/ImportUsers',
  ours: tandemUsers,
  peers: { plain },
  limits: [],
  makeRequests: ({ users }) => [makeRequest(countRows({ users }))],
  countRows,
  async prepareWindow({ usersDatabaseUrl, users }) {
    await removeWindowUsers(usersDatabaseUrl);
    return () => checkWindowUsers(usersDatabaseUrl, countRows({ users }));
  },
};

function countRows({ users }: { users: number }): number {
  return Math.ceil(users / 2);
}

function makeRequest(rows: number): LoadRequest {
  const options = { case: 'options', value: { onDuplicate: OnDuplicate.ERROR } } as const;
  const message = [encode({ payload: options })];
  for (let first = 0; first < rows; first += ROWS_PER_MESSAGE) {
    const length = Math.min(ROWS_PER_MESSAGE, rows - first);
    message.push(encode({ payload: { case: 'rows', value: { rows: makeRows({ first, length }) } } }));
  }
  return {
    message,
    findFault(reply) {
      const { imported } = fromBinary(ImportUsersResponseSchema, reply);
      return imported === BigInt(rows) ? undefined : `sent ${rows} rows, ${imported} were imported`;
    },
  };
}

function makeRows({ first, length }: { first: number; length: number }) {
  return Array.from({ length }, (_, index) => ({
    email: nameWindowEmail(first + index),
    name: `User ${first + index}`,
  }));
}

function encode(message: Parameters<typeof create<typeof ImportUsersRequestSchema>>[1]): Uint8Array {
  return toBinary(ImportUsersRequestSchema, create(ImportUsersRequestSchema, message));
}

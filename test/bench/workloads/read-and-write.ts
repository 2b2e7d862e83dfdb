import { fromBinary } from '@bufbuild/protobuf';
import { GetUserResponseSchema, UpdateUserResponseSchema } from '@tandem/contracts/users';
import { chooseUsersByZipf } from '../load/choose-users.ts';
import { plain, tandemUsers } from '../servers/programs.ts';
import type { LoadRequest, Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';
import { makeUpdateUserRequest, UPDATE_USER_PATH } from './update-user-request.ts';

/** More than a window takes: a request_id that came round again would write nothing. */
const requests = 60_000;
const shareOfWrites = 0.1;

/** Nine reads to a write, of the same users, and each read is held against the writes that were answered before it. */
export const readAndWrite: Workload = {
  name: 'GetUser 90 UpdateUser 10',
  notes: [
    'GetUser 90 UpdateUser 10: by Zipf. A read that was sent after the answer to a write and is older counts as stale: one of ours ends the run.',
  ],
  path: GET_USER_PATH,
  ours: tandemUsers,
  peers: { plain },
  inFlightPerConnection: 8,
  limits: [],
  makeRequests(source) {
    const newest = new Map<number, number>();
    return chooseUsersByZipf(source, requests).map((number) =>
      source.random() < shareOfWrites ? makeWrite(number, newest) : makeRead(number, newest),
    );
  },
};

/** @param newest of each user the latest version that an answer to a write told */
function makeWrite(number: number, newest: Map<number, number>): LoadRequest {
  return {
    ...makeUpdateUserRequest(number),
    path: UPDATE_USER_PATH,
    watchAge: () => (reply) => {
      const version = Number(fromBinary(UpdateUserResponseSchema, reply).user?.etag);
      newest.set(number, Math.max(version, newest.get(number) ?? 0));
      return false;
    },
  };
}

function makeRead(number: number, newest: ReadonlyMap<number, number>): LoadRequest {
  return {
    ...makeGetUserRequest(number),
    watchAge() {
      const least = newest.get(number) ?? 0;
      return (reply) => Number(fromBinary(GetUserResponseSchema, reply).user?.etag) < least;
    },
  };
}

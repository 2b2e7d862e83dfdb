import { chooseUsersByZipf } from '../load/choose-users.ts';
import { plain, tandemUsers, tandemUsersRecording, tandemUsersUncached } from '../servers/programs.ts';
import type { Workload } from '../workload.ts';
import { makeUpdateUserRequest, UPDATE_USER_PATH } from './update-user-request.ts';

/** More than a window takes: a request_id that came round again would write nothing. */
const requests = 30_000;

/** A write of a row that may be cached. */
export const updateUser: Workload = {
  name: 'UpdateUser',
  notes: [
    'UpdateUser: by Zipf; plain writes and then deletes the key. uncached is ours without Redis: what mark and settle cost a write; recording, with each write on record.',
  ],
  path: UPDATE_USER_PATH,
  ours: tandemUsers,
  peers: { plain, uncached: tandemUsersUncached, recording: tandemUsersRecording },
  inFlightPerConnection: 2,
  limits: [],
  makeRequests: (source) => chooseUsersByZipf(source, requests).map(makeUpdateUserRequest),
};

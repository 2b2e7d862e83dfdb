import { chooseHotUsers } from '../load/choose-users.ts';
import { plain, tandemEcho, tandemUsers } from '../servers/programs.ts';
import type { Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';

const requests = 20_000;

/** A read that the cache answers. */
export const getUserHot: Workload = {
  name: 'GetUser hot',
  notes: [
    'GetUser hot: of 500 users, by Zipf, so that Redis has them; echo is the same pipeline without a store behind it.',
  ],
  path: GET_USER_PATH,
  ours: tandemUsers,
  peers: { plain },
  limits: [{ kind: 'server', name: 'echo', program: tandemEcho }],
  makeRequests: (source) => chooseHotUsers(source, requests).map((number) => makeGetUserRequest(number)),
};

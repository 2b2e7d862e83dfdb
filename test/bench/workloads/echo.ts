import { chooseUsersByZipf } from '../load/choose-users.ts';
import { bareEcho, plainEcho, tandemEcho } from '../servers/programs.ts';
import type { Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';

const REQUESTS = 20_000;

/** The transport and the pipeline, without a store. */
export const echo: Workload = {
  name: 'echo',
  notes: [
    'echo: GetUser as every server would mount it, answering the id it was asked for and a constant rest, without a store; ours runs ' +
      'the whole pipeline (validation, deadline, admission, metrics), plain only its handler; bare grpc-js hands the ' +
      "request's bytes to a handler and the reply's bytes back, without any codec.",
  ],
  path: GET_USER_PATH,
  ours: tandemEcho,
  peers: { plain: plainEcho },
  limits: [{ kind: 'server', name: 'bare grpc-js', program: bareEcho }],
  makeRequests: (source) => chooseUsersByZipf(source, REQUESTS).map((number) => makeGetUserRequest(number)),
};

import { ReadConsistency } from '@tandem/contracts/options';
import { chooseUsersByZipf } from '../load/choose-users.ts';
import { plain, tandemUsers } from '../servers/programs.ts';
import { nameUserInSql } from '../stores/user-id.ts';
import type { Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';

const REQUESTS = 20_000;

/** A read of the database by id, nothing else on either side. */
export const getUserStrong: Workload = {
  name: 'GetUser STRONG',
  notes: [
    'GetUser STRONG: both sides pass over any cache and read the database, so that both do the same work.',
    'pgbench: the same query, -M prepared, with as many connections as a service has. It sends one id a statement; ours sends those of a tick together and can go beyond it.',
  ],
  path: GET_USER_PATH,
  ours: tandemUsers,
  peers: { plain },
  limits: [
    {
      kind: 'pgbench',
      name: 'pgbench',
      script: ({ users }) =>
        `\\set number random(1, ${users})\n` +
        'SELECT id, email, name, is_active, points, version, create_time, update_time ' +
        `FROM users WHERE id = ${nameUserInSql(':number::bigint')};\n`,
    },
  ],
  makeRequests: (source) =>
    chooseUsersByZipf(source, REQUESTS).map((number) => makeGetUserRequest(number, ReadConsistency.STRONG)),
};

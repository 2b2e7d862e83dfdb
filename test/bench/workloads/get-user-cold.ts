import { sendRedisCommands } from '@tandem/dev-stack';
import { chooseEachUserOnce } from '../load/choose-users.ts';
import { plain, tandemUsers } from '../servers/programs.ts';
import type { Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';

/** A read that the cache cannot answer. */
export const getUserCold: Workload = {
  name: 'GetUser cold',
  notes: [
    'GetUser cold: Redis is emptied before each window and each user asked for once, so that every read misses: plain asks Redis, reads the ' +
      'database and fills Redis; ours does the same, and takes a lease before it reads.',
  ],
  path: GET_USER_PATH,
  ours: tandemUsers,
  peers: { plain },
  limits: [],
  makeRequests: (source) => chooseEachUserOnce(source).map((number) => makeGetUserRequest(number)),
  async prepareWindow({ redisUrl }) {
    await sendRedisCommands(redisUrl, [['FLUSHALL']]);
  },
};

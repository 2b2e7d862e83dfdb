import { sendRedisCommands } from '@tandem/dev-stack';
import { plain, tandemUsers } from '../servers/programs.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import { countUserReads } from '../stores/count-user-reads.ts';
import { nameUser } from '../stores/user-id.ts';
import type { CheckWindow, Workload } from '../workload.ts';
import { GET_USER_PATH, makeGetUserRequest } from './get-user-request.ts';

const number = 1;
/** As either side calls it. */
const keys = [`tandem:users:{user:${nameUser(number)}}v`, `plain:user:${nameUser(number)}`];
const deleteEveryMs = 100;

/** Everybody wants one user, whom the cache keeps losing. */
export const getUserStampede: Workload = {
  name: 'GetUser stampede',
  notes: [
    `GetUser stampede: all calls want one user, whose key is deleted every ${deleteEveryMs} ms; the reads of the database are counted by PostgreSQL.`,
  ],
  path: GET_USER_PATH,
  ours: tandemUsers,
  peers: { plain },
  limits: [],
  makeRequests: () => [makeGetUserRequest(number)],
  prepareWindow: deleteOnAndOn,
};

async function deleteOnAndOn({ usersDatabaseUrl, redisUrl }: BenchStores): Promise<CheckWindow> {
  const before = await countUserReads(usersDatabaseUrl);
  let deletions = 0;
  let deleting: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    deletions += 1;
    deleting = deleting.then(() => sendRedisCommands(redisUrl, [['DEL', ...keys]]));
  }, deleteEveryMs);
  return async ({ note }) => {
    clearInterval(timer);
    await deleting;
    const reads = (await countUserReads(usersDatabaseUrl)) - before;
    note({ readsPerDeletion: reads / Math.max(1, deletions) });
  };
}

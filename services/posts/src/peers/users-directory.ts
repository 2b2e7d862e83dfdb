import type { UsersClient } from '@tandem/contracts';
import type { User } from '@tandem/contracts/users';
import { peerCallOptions, toPeerFailure } from '@tandem/rpc';
import DataLoader from 'dataloader';
import type { AuthorDirectory, DirectoryCall } from './author-directory.ts';

/** What one BatchGetUsers takes. */
const maxIds = 1_000;
/** The peer has half of what a call has left, and no more than this: the rest is for the answer without it. */
const maxPeerMs = 3_000;
const neverAborted = new AbortController().signal;

/** The users service as the directory of authors. */
export function createUsersDirectory(users: Pick<UsersClient, 'batchGetUsers'>): AuthorDirectory {
  const askUsers = async (ids: readonly string[], call: DirectoryCall) => {
    try {
      const { users: found } = await users.batchGetUsers({ ids: [...ids] }, peerCallOptions(shareTime(call)));
      return new Map(found.map((user) => [user.id, user]));
    } catch (error) {
      throw toPeerFailure(error, 'users service, which knows the authors', call);
    }
  };
  const checks = batchChecks(askUsers);
  return { find: (id, call) => checks.load({ id, call }), findMany: askUsers };
}

interface Check {
  readonly id: string;
  readonly call: DirectoryCall;
}

type Ask = (ids: readonly string[], call: DirectoryCall) => Promise<ReadonlyMap<string, User>>;

/** Asked on behalf of several calls, it ends with the last of them, and none of them can end it for the others. */
function batchChecks(ask: Ask): DataLoader<Check, User | undefined> {
  const load = async (checks: readonly Check[]) => {
    const calls = checks.map(({ call }) => call);
    const deadline = Math.max(...calls.map((call) => call.deadline));
    const [first] = calls;
    const joined = { requestId: first?.requestId ?? '', traceparent: first?.traceparent };
    const found = await ask([...new Set(checks.map(({ id }) => id))], { ...joined, deadline, signal: neverAborted });
    return checks.map(({ id }) => found.get(id));
  };
  return new DataLoader(load, {
    cache: false,
    maxBatchSize: maxIds,
    batchScheduleFn: (dispatch) => void setImmediate(dispatch),
  });
}

function shareTime({ requestId, traceparent, signal, deadline }: DirectoryCall): DirectoryCall {
  const now = Date.now();
  const shareMs = Math.min(maxPeerMs, Math.max(0, deadline - now) / 2);
  return { requestId, traceparent, signal, deadline: now + shareMs };
}

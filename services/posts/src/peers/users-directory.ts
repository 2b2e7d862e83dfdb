import { Code, ConnectError } from '@connectrpc/connect';
import type { UsersClient } from '@tandem/contracts';
import { peerCallOptions, toPeerFailure, untilAborted, watchCalls, within } from '@tandem/rpc';
import DataLoader from 'dataloader';
import type { Author, AuthorDirectory, DirectoryCall } from './author-directory.ts';
import { readAuthors } from './read-authors.ts';

/** The authors of a few pages. Who wants more asks alone, so that nobody waits for the long reply of another's call. */
const maxSharedIds = 100;
/** The peer has half of what a call has left, and no more than this: the rest is for the answer without it. */
const maxPeerMs = 3_000;
const peer = 'users service, which knows the authors';

interface Users {
  readonly encoded: Pick<UsersClient['encoded'], 'batchGetUsers'>;
}
type Authors = ReadonlyMap<string, Author>;

/** The authors that a call asks for. */
interface Lookup {
  readonly ids: readonly string[];
  readonly call: DirectoryCall;
  /** When the call goes on without them. */
  readonly deadline: number;
}

/** The users service as the directory of authors. */
export function createUsersDirectory(users: Users): AuthorDirectory {
  const lookups = batchLookups(users);
  const findMany = async (ids: readonly string[], call: DirectoryCall) => {
    const now = Date.now();
    const shareMs = Math.min(maxPeerMs, Math.max(0, call.deadline - now) / 2);
    using watch = watchCalls([call]);
    try {
      const authors = untilAborted(lookups.load({ ids, call, deadline: now + shareMs }), watch.signal);
      return (await within(shareMs, authors)) ?? throwLate();
    } catch (error) {
      throw toPeerFailure(error, peer, call);
    }
  };
  return { findMany, find: async (id, call) => (await findMany([id], call)).get(id) };
}

function throwLate(): never {
  throw new ConnectError('it took too long', Code.DeadlineExceeded);
}

/** What goes by one request. */
interface Group {
  readonly ids: ReadonlySet<string>;
  readonly lookups: readonly [Lookup, ...Lookup[]];
}

/** The lookups of one turn of the event loop share requests: to ask costs more than what is asked. */
function batchLookups(users: Users): DataLoader<Lookup, Promise<Authors>> {
  const load = async (lookups: readonly Lookup[]) =>
    groupLookups(lookups).flatMap((group) => {
      const authors = askUsers(users, group);
      return group.lookups.map(() => authors);
    });
  return new DataLoader(load, { cache: false, batchScheduleFn: (dispatch) => void setImmediate(dispatch) });
}

/** In their order, each whole. */
function groupLookups(lookups: readonly Lookup[]): Group[] {
  const groups: Group[] = [];
  for (const lookup of lookups) {
    const last = groups.at(-1);
    const ids = new Set([...(last?.ids ?? []), ...lookup.ids]);
    if (last !== undefined && ids.size <= maxSharedIds) {
      groups[groups.length - 1] = { ids, lookups: [...last.lookups, lookup] };
    } else groups.push({ ids: new Set(lookup.ids), lookups: [lookup] });
  }
  return groups;
}

/**
 * One request for all of them. It ends with the last of their calls, and none of these can end it for the others. As a
 * request has one id and is of one trace, it has those of the call that asked first.
 */
async function askUsers({ encoded }: Users, { ids, lookups }: Group): Promise<Authors> {
  const { requestId, traceparent } = lookups[0].call;
  const deadline = Math.max(...lookups.map((lookup) => lookup.deadline));
  using watch = watchCalls(lookups.map(({ call }) => call));
  const options = peerCallOptions({ requestId, traceparent, deadline, signal: watch.signal });
  return readAuthors(await encoded.batchGetUsers({ ids: [...ids] }, options));
}

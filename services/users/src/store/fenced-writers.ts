import type { WriteFence } from '@tandem/cache';
import type { PendingUserWriter } from './pending-user-store.ts';
import type { EndedSessions } from './session-store.ts';
import type { OneInsertion, OneMovement, UsersTransaction } from './store.ts';

/** What the cache calls what is written. */
export interface CacheNames {
  user(id: string): string;
  session(tokenHashHex: string): string;
}

/**
 * The writers of a transaction, each marking what it writes: beside its statement what the caller names, after it what only
 * the statement tells. An id that the server has just made needs no mark: nobody can have asked for it.
 */
export function fenceWriters(tx: UsersTransaction, fence: WriteFence, names: CacheNames): UsersTransaction {
  const markUsers = (...ids: readonly string[]) => fence.mark(ids.map(names.user));
  const markEnded = <E extends EndedSessions>(ended: E): E => {
    fence.mark(ended.tokenHashes.map(names.session));
    return ended;
  };
  return {
    users: {
      ...fenceInsertion(tx, fence, names).users,
      lock: (id) => tx.users.lock(id),
      update(user, changes) {
        markUsers(user.id);
        return tx.users.update(user, changes);
      },
      setPassword(change) {
        markUsers(change.id);
        return tx.users.setPassword(change);
      },
      async delete(user) {
        markUsers(user.id);
        return markEnded(await tx.users.delete(user));
      },
      async importRows(...rows) {
        const imported = await tx.users.importRows(...rows);
        markUsers(...imported.knownIds);
        markEnded(imported.ended);
        return imported;
      },
    },
    sessions: {
      open: (session) => tx.sessions.open(session),
      renewPasswordHash: (...renewal) => tx.sessions.renewPasswordHash(...renewal),
      async end(key) {
        // Found or not: an earlier attempt may have ended it and died before it could settle.
        if ('tokenHash' in key) fence.mark([names.session(Buffer.from(key.tokenHash).toString('hex'))]);
        return markEnded(await tx.sessions.end(key));
      },
      endAll: async (...which) => markEnded(await tx.sessions.endAll(...which)),
    },
    points: fenceMovement(tx, fence, names).points,
    pendingUsers: fencePendingUsers(tx.pendingUsers, markUsers),
    invalidations: tx.invalidations,
    jobs: tx.jobs,
    answers: tx.answers,
  };
}

/** Only activation makes a user that reads see; the id was to be had before, from the list of jobs for one. */
function fencePendingUsers(pending: PendingUserWriter, markUsers: (id: string) => void): PendingUserWriter {
  return {
    ...pending,
    activate(id) {
      markUsers(id);
      return pending.activate(id);
    },
  };
}

/** The same for a transaction of one insertion. */
export function fenceInsertion(tx: OneInsertion, fence: WriteFence, names: CacheNames): OneInsertion {
  return {
    users: {
      insert(user) {
        if (user.idIsChosen) fence.mark([names.user(user.id)]);
        return tx.users.insert(user);
      },
    },
    invalidations: tx.invalidations,
  };
}

/** The same for a transaction of one movement of points. */
export function fenceMovement(tx: OneMovement, fence: WriteFence, names: CacheNames): OneMovement {
  return {
    points: {
      move(transfer) {
        const { fromUserId, toUserId } = transfer;
        fence.mark([fromUserId, toUserId].flatMap((id) => (id === undefined ? [] : [names.user(id)])));
        return tx.points.move(transfer);
      },
    },
    invalidations: tx.invalidations,
  };
}

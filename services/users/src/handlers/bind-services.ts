import { PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { type BoundService, bind, type Cursors, type ImportMeter, type Paging, type Readers } from '@tandem/rpc';
import type { LoginThrottle } from '../domain/login-throttle.ts';
import type { PasswordHasher } from '../domain/password.ts';
import { endDeletion } from '../jobs/end-deletion.ts';
import { settleUserWithPost } from '../jobs/settle-user-with-post.ts';
import type { AuthorPosts } from '../peers/author-posts.ts';
import type { EncodedUserReader, UserStore } from '../store/store.ts';
import { batchGetUsers } from './batch-get-users.ts';
import { changePassword } from './change-password.ts';
import { countUsers } from './count-users.ts';
import { createSession } from './create-session.ts';
import { createUser } from './create-user.ts';
import { createUserWithPost } from './create-user-with-post.ts';
import { deleteUser } from './delete-user.ts';
import { exportUsers } from './export-users.ts';
import { getTransfer } from './get-transfer.ts';
import { getUser } from './get-user.ts';
import { getUserByEmail } from './get-user-by-email.ts';
import { getUserStats } from './get-user-stats.ts';
import { grantPoints } from './grant-points.ts';
import { importUsers } from './import-users.ts';
import { listSessions } from './list-sessions.ts';
import { listTransfers } from './list-transfers.ts';
import { listUsers } from './list-users.ts';
import { revokeSession } from './revoke-session.ts';
import { revokeUserSessions } from './revoke-user-sessions.ts';
import { searchUsers } from './search-users.ts';
import { transferPoints } from './transfer-points.ts';
import { updateUser } from './update-user.ts';
import { validateSession } from './validate-session.ts';

/** What the handlers of all services are made of. */
export interface ServiceDependencies {
  readonly store: UserStore;
  readonly posts: AuthorPosts;
  /** The store's users as bytes. */
  readonly encoded: Readers<EncodedUserReader>;
  readonly passwords: PasswordHasher;
  readonly throttle: LoginThrottle;
  readonly paging: Paging;
  readonly cursors: Cursors;
  readonly meter: ImportMeter;
}

/** Every method that this process serves. */
export function bindServices(dependencies: ServiceDependencies): BoundService[] {
  return [bindPointsService(dependencies), bindUserService(dependencies), bindSessionService(dependencies)];
}

function bindUserService(dependencies: ServiceDependencies): BoundService {
  const { store, encoded, posts, passwords, paging, cursors, meter } = dependencies;
  const { records } = store;
  return bind(UserService, {
    createUser: createUser({ store, records, passwords }),
    getUser: getUser(encoded),
    getUserByEmail: getUserByEmail(encoded),
    batchGetUsers: batchGetUsers(encoded),
    listUsers: listUsers({ readers: store, paging }),
    countUsers: countUsers(store),
    getUserStats: getUserStats(store),
    searchUsers: searchUsers({ readers: store, paging }),
    updateUser: updateUser(store),
    changePassword: changePassword({ store, records, passwords }),
    deleteUser: deleteUser({ store, endDeletion: endDeletion({ store, posts }) }),
    createUserWithPost: createUserWithPost({
      store,
      records,
      passwords,
      posts,
      settle: settleUserWithPost({ store, posts }),
    }),
    importUsers: importUsers({ store, meter }),
    exportUsers: exportUsers({ reader: store.reader, cursors }),
  });
}

function bindPointsService({ store, paging }: ServiceDependencies): BoundService {
  return bind(PointsService, {
    transferPoints: transferPoints(store),
    grantPoints: grantPoints(store),
    getTransfer: getTransfer(store.points),
    listTransfers: listTransfers({ readers: store.points, paging }),
  });
}

function bindSessionService({ store, passwords, throttle, paging }: ServiceDependencies): BoundService {
  return bind(SessionService, {
    createSession: createSession({ store, passwords, throttle }),
    validateSession: validateSession(store.sessions.reader),
    revokeSession: revokeSession(store),
    revokeUserSessions: revokeUserSessions(store),
    listSessions: listSessions({ readers: store.sessions, paging }),
  });
}

import { SessionService } from '@tandem/contracts/users';
import { type BoundService, bind, type Paging } from '@tandem/rpc';
import { type CreateSessionDependencies, createSession } from './create-session.ts';
import { listSessions } from './list-sessions.ts';
import { revokeSession } from './revoke-session.ts';
import { revokeUserSessions } from './revoke-user-sessions.ts';
import { validateSession } from './validate-session.ts';

export interface SessionServiceDependencies extends CreateSessionDependencies {
  readonly paging: Paging;
}

/** SessionService, whole. */
export function bindSessionService({ paging, ...login }: SessionServiceDependencies): BoundService {
  const { store } = login;
  return bind(SessionService, {
    createSession: createSession(login),
    validateSession: validateSession(store.sessions.reader),
    revokeSession: revokeSession(store),
    revokeUserSessions: revokeUserSessions(store),
    listSessions: listSessions({ readers: store.sessions, paging }),
  });
}

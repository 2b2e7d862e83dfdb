import { randomBytes } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  CreateSessionRequestSchema,
  CreateSessionResponseSchema,
  ListSessionsRequestSchema,
  ListSessionsResponseSchema,
  RevokeSessionRequestSchema,
  RevokeSessionResponseSchema,
  RevokeUserSessionsRequestSchema,
  RevokeUserSessionsResponseSchema,
  ValidateSessionRequestSchema,
  ValidateSessionResponseSchema,
} from '@tandem/contracts/users';
import { createPaging } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { useUsersDatabase } from '../../../../../test/support/use-users-database.ts';
import type { PasswordHasher } from '../../domain/password.ts';
import type { NewUser } from '../../domain/user.ts';
import { createLoginThrottle } from '../../logins/login-throttle.ts';
import { createArgon2Hasher } from '../../passwords/argon2-hasher.ts';
import { createPostgresUserStore } from '../../store/postgres-user-store.ts';
import { insertUser } from '../../store/testing/store-calls.ts';
import { usePool } from '../../store/testing/use-postgres.ts';
import { createSession } from '../create-session.ts';
import { listSessions } from '../list-sessions.ts';
import { revokeSession } from '../revoke-session.ts';
import { revokeUserSessions } from '../revoke-user-sessions.ts';
import { validateSession } from '../validate-session.ts';
import { messageOf } from './call-handler.ts';

/** What logins may be tried with instead. */
export interface LogInParts {
  readonly passwords?: PasswordHasher;
  readonly failuresPerIdentifier?: number;
}

export const hasher = createArgon2Hasher();
/** Of every user that `makeUser` makes. */
export const password = 'correct horse';

/** SessionService over a database for this file, method by method. */
export async function useSessions() {
  const url = await useUsersDatabase();
  const store = createPostgresUserStore(usePool(url));
  const { reader } = store.sessions;
  const paging = createPaging([Buffer.alloc(32, 1)]);
  const passwordHash = await hasher.hash(password, makeCall().signal);

  function makeLogIn({ passwords = hasher, failuresPerIdentifier = 10 }: LogInParts = {}) {
    const bounds = { failuresPerIdentifier, failuresPerIp: 100, windowSeconds: 900 };
    const throttle = createLoginThrottle({ redis: undefined, secret: randomBytes(32), ...bounds });
    const handle = createSession({ store, passwords, throttle });
    return async (init: MessageInitShape<typeof CreateSessionRequestSchema>) => {
      const request = create(CreateSessionRequestSchema, { password, ...init });
      const { session, user, token } = await messageOf(CreateSessionResponseSchema, handle(request, makeCall()));
      if (!session || !user) throw new Error('CreateSession answered without a session or a user.');
      return { session, user, token };
    };
  }

  const handlers = {
    validate: validateSession(reader),
    revoke: revokeSession(store),
    revokeAll: revokeUserSessions(store),
    list: listSessions({ readers: store.sessions, paging }),
  };

  return {
    url,
    passwordHash,
    makeLogIn,
    makeUser: (fields: Partial<NewUser> = {}) => insertUser(store, { passwordHash, ...fields }),
    validate: (token: string) =>
      messageOf(
        ValidateSessionResponseSchema,
        handlers.validate(create(ValidateSessionRequestSchema, { token }), makeCall()),
      ),
    revoke: (key: { readonly case: 'token' | 'id'; readonly value: string }) =>
      messageOf(RevokeSessionResponseSchema, handlers.revoke(create(RevokeSessionRequestSchema, { key }), makeCall())),
    revokeAll: (userId: string, exceptSessionId = '') =>
      messageOf(
        RevokeUserSessionsResponseSchema,
        handlers.revokeAll(create(RevokeUserSessionsRequestSchema, { userId, exceptSessionId }), makeCall()),
      ),
    list: (init: MessageInitShape<typeof ListSessionsRequestSchema>) =>
      messageOf(ListSessionsResponseSchema, handlers.list(create(ListSessionsRequestSchema, init), makeCall())),
  };
}

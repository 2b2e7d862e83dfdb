import type { RevokeUserSessionsRequestSchema, RevokeUserSessionsResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import type { UserStore } from '../store/store.ts';

/** Ends a user's sessions, those of logins that are under way included. */
export function revokeUserSessions(
  store: Pick<UserStore, 'transaction'>,
): UnaryHandler<typeof RevokeUserSessionsRequestSchema, typeof RevokeUserSessionsResponseSchema> {
  return async ({ userId, exceptSessionId }, call) => {
    const exceptId = exceptSessionId === '' ? undefined : exceptSessionId;
    return await store.transaction(call, async (tx) => {
      // Waits for logins that are about to commit: their sessions are seen, and ended with the others.
      await tx.users.lock(userId);
      const { count } = await tx.sessions.endAll(userId, { exceptId });
      return { revoked: BigInt(count) };
    });
  };
}

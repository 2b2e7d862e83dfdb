import type {
  RevokeSessionRequest,
  RevokeSessionRequestSchema,
  RevokeSessionResponseSchema,
} from '@tandem/contracts/users';
import { fieldInvalid, type UnaryHandler } from '@tandem/rpc';
import type { SessionKey } from '../domain/session.ts';
import { hashSessionToken } from '../domain/session-token.ts';
import type { UserStore } from '../store/store.ts';

/** Ends one session. */
export function revokeSession(
  store: Pick<UserStore, 'transaction'>,
): UnaryHandler<typeof RevokeSessionRequestSchema, typeof RevokeSessionResponseSchema> {
  return async ({ key }, call) => {
    const named = toSessionKey(key);
    return await store.transaction(call, async (tx) => {
      const { count } = await tx.sessions.end(named);
      return { revoked: BigInt(count) };
    });
  };
}

function toSessionKey(key: RevokeSessionRequest['key']): SessionKey {
  if (key.case === 'token') return { tokenHash: hashSessionToken(key.value) };
  if (key.case === 'id') return { id: key.value };
  throw fieldInvalid('key', 'name the session by its token or its id');
}

import type { ValidateSessionRequestSchema, ValidateSessionResponseSchema } from '@tandem/contracts/users';
import { TandemError, type UnaryHandler } from '@tandem/rpc';
import { hashSessionToken } from '../domain/session-token.ts';
import type { SessionReader } from '../store/session-store.ts';
import { toSessionMessage } from './session-message.ts';
import { toUserMessage } from './user-message.ts';

/** Says whose session a token opens. */
export function validateSession(
  sessions: Pick<SessionReader, 'findOpen'>,
): UnaryHandler<typeof ValidateSessionRequestSchema, typeof ValidateSessionResponseSchema> {
  return async ({ token }, call) => {
    const open = await sessions.findOpen(hashSessionToken(token), call);
    if (open === undefined) {
      throw new TandemError('SESSION_INVALID', 'The session is unknown, expired or was ended; log in again.');
    }
    return { session: toSessionMessage(open.session), user: toUserMessage(open.user) };
  };
}

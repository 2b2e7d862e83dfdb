import type {
  CreateSessionRequest,
  CreateSessionRequestSchema,
  CreateSessionResponseSchema,
} from '@tandem/contracts/users';
import { fieldInvalid, TandemError, type UnaryHandler } from '@tandem/rpc';
import { canonicalIp } from '../domain/ip-address.ts';
import type { LoginThrottle } from '../domain/login-throttle.ts';
import { normalizePassword } from '../domain/password.ts';
import { limitTtl } from '../domain/session.ts';
import { hashSessionToken, makeSessionToken } from '../domain/session-token.ts';
import { toMicros } from '../domain/time.ts';
import { createLogIn, type LogInDependencies } from './log-in.ts';
import { toSessionMessage } from './session-message.ts';
import { toUserMessage } from './user-message.ts';

export interface CreateSessionDependencies extends LogInDependencies {
  readonly throttle: LoginThrottle;
}

/** Logs in. */
export function createSession(
  dependencies: CreateSessionDependencies,
): UnaryHandler<typeof CreateSessionRequestSchema, typeof CreateSessionResponseSchema> {
  const logIn = createLogIn(dependencies);
  return async (request, call) => {
    const login = readLogin(request);
    // Before the count: what cannot be verified now shall not take up memory for as long as a failure would.
    dependencies.passwords.assertRoom();
    const counted = await dependencies.throttle.count({ email: request.email, ip: login.canonicalIp });
    try {
      const token = makeSessionToken();
      const { session, user } = await logIn({ ...login, tokenHash: hashSessionToken(token) }, call);
      await counted.succeed();
      return { session: toSessionMessage(session), token, user: toUserMessage(user) };
    } catch (error) {
      const isDecided = error instanceof TandemError && error.reason === 'CREDENTIALS_INVALID';
      if (!isDecided) await counted.withdraw();
      throw error;
    }
  };
}

function readLogin({ email, password, ttl, userAgent, ip }: CreateSessionRequest) {
  const ttlMicros = limitTtl(ttl && toMicros(ttl));
  if (ttlMicros === undefined) throw fieldInvalid('ttl', 'must be 1 s or more');
  const canonical = ip === '' ? undefined : canonicalIp(ip);
  if (ip !== '' && canonical === undefined) throw fieldInvalid('ip', 'must be an IPv4 or IPv6 address, without a zone');
  return { email, password: normalizePassword(password), ttlMicros, userAgent, ip, canonicalIp: canonical };
}

import type {
  CreateSessionRequest,
  CreateSessionRequestSchema,
  CreateSessionResponseSchema,
} from '@tandem/contracts/users';
import { type Call, fieldInvalid, TandemError, type UnaryHandler } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import { canonicalIp } from '../domain/ip-address.ts';
import type { LoginThrottle } from '../domain/login-throttle.ts';
import { normalizePassword, type PasswordHasher } from '../domain/password.ts';
import { isCurrentHash, makeDecoyHash } from '../domain/password-hash.ts';
import { limitTtl, type OpenSession } from '../domain/session.ts';
import { hashSessionToken, makeSessionToken } from '../domain/session-token.ts';
import { toMicros } from '../domain/time.ts';
import type { UserStore } from '../store/store.ts';
import { toSessionMessage } from './session-message.ts';
import { toUserMessage } from './user-message.ts';

/** A login whose account changes under it is decided again, as often as this. */
const maxAttempts = 3;

export interface CreateSessionDependencies {
  readonly store: Pick<UserStore, 'sessions' | 'transaction'>;
  readonly passwords: PasswordHasher;
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

type Login = Omit<ReturnType<typeof readLogin>, 'canonicalIp'> & { readonly tokenHash: Uint8Array };

function createLogIn({ store, passwords }: CreateSessionDependencies) {
  const decoyHash = makeDecoyHash();

  /** One statement and one hash for whoever is refused, so that nobody can tell why. */
  async function verify({ email, password }: Login, call: Call) {
    const account = await store.sessions.reader.findAccount(email, call);
    const verifiedHash = account?.passwordHash ?? decoyHash;
    const isRight = await passwords.verify(verifiedHash, password, call.signal);
    if (!isRight || account === undefined || !account.isActive || account.passwordHash === null) {
      throw credentialsInvalid();
    }
    return { userId: account.userId, verifiedHash };
  }

  async function renewHash(verified: Awaited<ReturnType<typeof verify>>, { password }: Login, call: Call) {
    const { userId, verifiedHash: from } = verified;
    if (isCurrentHash(from)) return;
    try {
      const to = await passwords.hash(password, call.signal);
      await store.transaction(call, async (tx) => ({
        renewed: await tx.sessions.renewPasswordHash(userId, { from, to }),
      }));
    } catch {
      // The login stands without it, and the next one tries again.
    }
  }

  return async (login: Login, call: Call): Promise<OpenSession> => {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const verified = await verify(login, call);
      const { tokenHash, ttlMicros, userAgent, ip } = login;
      const newSession = { id: makeUuid(), ...verified, tokenHash, ttlMicros, userAgent, ip };
      const { opened } = await store.transaction(call, async (tx) => ({ opened: await tx.sessions.open(newSession) }));
      if (opened === undefined) continue;
      await renewHash(verified, login, call);
      return opened;
    }
    throw credentialsInvalid();
  };
}

function credentialsInvalid(): TandemError {
  return new TandemError('CREDENTIALS_INVALID', 'E-mail and password do not open a session; check them and try again.');
}

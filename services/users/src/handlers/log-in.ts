import { type Call, TandemError } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import type { PasswordHasher } from '../domain/password.ts';
import { isCurrentHash, makeDecoyHash } from '../domain/password-hash.ts';
import type { NewSession, OpenSession } from '../domain/session.ts';
import type { UserStore } from '../store/store.ts';

/** A login whose account changes under it is decided again, as often as this. */
const maxAttempts = 3;

export interface LogInDependencies {
  readonly store: Pick<UserStore, 'sessions' | 'transaction'>;
  readonly passwords: PasswordHasher;
}

/** Who logs in, and for what session. */
export interface Login extends Pick<NewSession, 'tokenHash' | 'ttlMicros' | 'userAgent' | 'ip'> {
  readonly email: string;
  /** Normalized. */
  readonly password: string;
}

/** The account that a login is right for, as it was before the password was verified. */
type Verified = Pick<NewSession, 'userId' | 'verifiedHash' | 'sessionsEpoch'>;

/**
 * Verifies a login and opens its session. Who ends all of a user's sessions ends the logins with them whose account was
 * read before: they are refused, not decided again, however right they were.
 */
export function createLogIn(dependencies: LogInDependencies): (login: Login, call: Call) => Promise<OpenSession> {
  const decoyHash = makeDecoyHash();
  return async (login, call) => {
    let begun: Verified | undefined;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const verified = await verify(dependencies, { ...login, decoyHash }, call);
      begun ??= verified;
      if (verified.sessionsEpoch !== begun.sessionsEpoch) break;
      const opened = await open(dependencies, { login, verified }, call);
      if (opened === undefined) continue;
      await renewHash(dependencies, { ...verified, password: login.password }, call);
      return opened;
    }
    throw credentialsInvalid();
  };
}

/** One statement and one hash for whoever is refused, so that nobody can tell why. */
async function verify(
  { store, passwords }: LogInDependencies,
  { email, password, decoyHash }: Pick<Login, 'email' | 'password'> & { readonly decoyHash: string },
  call: Call,
): Promise<Verified> {
  const account = await store.sessions.reader.findAccount(email, call);
  const verifiedHash = account?.passwordHash ?? decoyHash;
  const isRight = await passwords.verify(verifiedHash, password, call.signal);
  if (!isRight || account === undefined || !account.isActive || account.passwordHash === null) {
    throw credentialsInvalid();
  }
  return { userId: account.userId, verifiedHash, sessionsEpoch: account.sessionsEpoch };
}

/** Undefined when the account is another than the one that was verified by now. */
async function open(
  { store }: LogInDependencies,
  { login, verified }: { readonly login: Login; readonly verified: Verified },
  call: Call,
): Promise<OpenSession | undefined> {
  const { tokenHash, ttlMicros, userAgent, ip } = login;
  const newSession = { id: makeUuid(), ...verified, tokenHash, ttlMicros, userAgent, ip };
  const { opened } = await store.transaction(call, async (tx) => ({ opened: await tx.sessions.open(newSession) }));
  return opened;
}

async function renewHash(
  { store, passwords }: LogInDependencies,
  { userId, verifiedHash: from, password }: Verified & Pick<Login, 'password'>,
  call: Call,
): Promise<void> {
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

function credentialsInvalid(): TandemError {
  return new TandemError('CREDENTIALS_INVALID', 'E-mail and password do not open a session; check them and try again.');
}

import type { TimeMicros, User } from './user.ts';

/** A login that stands until it expires or is ended. Its token is known to nobody but its holder. */
export interface Session {
  /** A UUID in lower case. */
  readonly id: string;
  readonly userId: string;
  readonly createTime: TimeMicros;
  /** From then on it opens nothing. */
  readonly expireTime: TimeMicros;
  /** When it was ended; undefined: it was not. */
  readonly revokeTime: TimeMicros | undefined;
  /** Empty when it was not told. */
  readonly userAgent: string;
  /** Empty when it was not told. */
  readonly ip: string;
}

/** What a login gives; the rest the store sets. */
export interface NewSession {
  readonly id: string;
  readonly userId: string;
  /** The password hash that the login was verified against: it must still be the user's. */
  readonly verifiedHash: string;
  /** The account's, as read before the login was verified: it must still be the user's. */
  readonly sessionsEpoch: string;
  readonly tokenHash: Uint8Array;
  /** How long it lives, from now on. */
  readonly ttlMicros: bigint;
  readonly userAgent: string;
  readonly ip: string;
}

/** A session that stands, with its user. */
export interface OpenSession {
  readonly session: Session;
  readonly user: User;
}

/** What a login is decided by. */
export interface LoginAccount {
  readonly userId: string;
  readonly isActive: boolean;
  /** In PHC form; null: the user cannot log in until a password is set. */
  readonly passwordHash: string | null;
  /** Another one whenever all of the user's sessions were ended. */
  readonly sessionsEpoch: string;
}

/** Names one session. */
export type SessionKey = { readonly tokenHash: Uint8Array } | { readonly id: string };

/** Which sessions. */
export interface SessionFilter {
  readonly userId: string;
  /** Only those that are neither expired nor ended. */
  readonly activeOnly: boolean;
}

/** The place of a session among a user's, latest first. */
export interface SessionPosition {
  /** As `toTimeText` gives it. */
  readonly createTime: string;
  readonly id: string;
}

const defaultTtlMicros = 3_600_000_000n;
const minTtlMicros = 1_000_000n;
const maxTtlMicros = 30n * 24n * 3_600_000_000n;

/** How long a session lives for which `asked` was asked; longer than 30 days is cut. Undefined: shorter than a second. */
export function limitTtl(asked: bigint = defaultTtlMicros): bigint | undefined {
  if (asked < minTtlMicros) return undefined;
  return asked > maxTtlMicros ? maxTtlMicros : asked;
}

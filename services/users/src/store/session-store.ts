import type {
  LoginAccount,
  NewSession,
  OpenSession,
  Session,
  SessionFilter,
  SessionKey,
  SessionPosition,
} from '../domain/session.ts';
import type { StoreCall } from './store.ts';

/** A page of a user's sessions to be read, latest first. */
export interface SessionPageQuery {
  readonly filter: SessionFilter;
  /** The last session of the page before; undefined: from the beginning. */
  readonly after: SessionPosition | undefined;
  /** How many sessions at most. */
  readonly limit: number;
}

export interface SessionPage {
  readonly sessions: Session[];
  /** Where the next page begins; undefined when this was the last. */
  readonly next: SessionPosition | undefined;
}

/** Reads sessions; as fresh, and failing as, UserReader. */
export interface SessionReader {
  /** The session that the token opens, neither expired nor ended, of a user who is active; else undefined. */
  findOpen(tokenHash: Uint8Array, call: StoreCall): Promise<OpenSession | undefined>;
  /** What a login with this e-mail, ignoring case, is decided by; undefined when no user has it. */
  findAccount(email: string, call: StoreCall): Promise<LoginAccount | undefined>;
  list(query: SessionPageQuery, call: StoreCall): Promise<SessionPage>;
  count(filter: SessionFilter, call: StoreCall): Promise<bigint>;
}

/** What became of sessions that were to end. */
export interface EndedSessions {
  /** How many were open, and are not any more. */
  readonly count: number;
  /** The hashes of their tokens, in hex, and of those that others had ended shortly before: copies may still be about. */
  readonly tokenHashes: readonly string[];
}

/** Writes sessions within a transaction. */
export interface SessionWriter {
  /**
   * Undefined, and nothing written, unless the user is active, has the hash that was verified still, and nobody has ended
   * all of the user's sessions since the login began.
   */
  open(session: NewSession): Promise<OpenSession | undefined>;
  /** Ends one session, if it is open. */
  end(key: SessionKey): Promise<EndedSessions>;
  /**
   * Ends the user's sessions that are open, but for one if so asked; logins under way, whose account
   * was read before this commits, will open none. Neither version nor update_time of the user moves.
   *
   * To be called after the user is locked or changed in this transaction: logins that were about to commit have then
   * committed, and their sessions are seen and ended.
   */
  endAll(userId: string, options?: { readonly exceptId?: string | undefined }): Promise<EndedSessions>;
  /**
   * Replaces a hash by another of the same password: neither version nor update_time moves, and no session ends. False,
   * and nothing written, when the hash is another by now.
   */
  renewPasswordHash(userId: string, hashes: { readonly from: string; readonly to: string }): Promise<boolean>;
}

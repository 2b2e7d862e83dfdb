import type { RecordKey } from '@tandem/rpc';
import type { NewUser, User } from '../domain/user.ts';

/** The attempt at a CreateUserWithPost that a pending user is part of. */
export interface CreationAttempt {
  /** An id fresh for this attempt. */
  readonly postId: string;
  /** The call that is answered when user and post are there. */
  readonly answerTo: RecordKey;
}

/** A user who is not there yet, or no more than that: seen by no reader of users. */
export interface PendingUser extends CreationAttempt {
  readonly id: string;
  /** `pending` until it is decided, which is done once. */
  readonly state: 'pending' | 'activated' | 'cancelled';
  /** The reply of an activated one. */
  readonly reply: Uint8Array | undefined;
}

/**
 * Writes users who are to come together with a post. While one is pending, whoever wants its e-mail or its id is refused
 * with `REQUEST_IN_PROGRESS`.
 */
export interface PendingUserWriter {
  /** Begins one. @throws as `UserWriter.insert` does */
  begin(user: NewUser, attempt: CreationAttempt): Promise<void>;
  /** What has become of one; undefined: nothing is left to be done. */
  find(id: string): Promise<PendingUser | undefined>;
  /** Makes one a user; undefined, and nothing is written, where it is not pending any more. */
  activate(id: string): Promise<User | undefined>;
  /** Keeps the reply of one that this transaction has activated. */
  keepReply(id: string, reply: Uint8Array): Promise<void>;
  /** Decides that one never becomes a user; false, and nothing is written, where it is not pending any more. */
  cancel(id: string): Promise<boolean>;
  /** Forgets one that is decided, once posts knows. */
  remove(id: string): Promise<void>;
}

import { AnswerRecorded, type Call, fieldInvalid, type IdempotencyRecords } from '@tandem/rpc';
import { checkPassword, normalizePassword, type PasswordHasher } from '../domain/password.ts';

/** What hashing needs. */
export interface HashingDependencies {
  readonly records: Pick<IdempotencyRecords, 'find'>;
  readonly passwords: Pick<PasswordHasher, 'hash'>;
}

/**
 * The hash of a user's first password, null where there is none. A call that was answered before must not hash a second
 * time: its turn may be refused when too many wait. Its fingerprint has cost one hash already, without which nobody could
 * tell that it is the same call.
 */
export async function hashNewPassword(
  password: string | undefined,
  call: Call,
  { records, passwords }: HashingDependencies,
): Promise<string | null> {
  if (password === undefined) return null;
  const normalized = normalizePassword(password);
  const problem = checkPassword(normalized);
  if (problem !== undefined) throw fieldInvalid('password', problem);
  const recorded = call.claim === undefined ? undefined : await records.find(call.claim, call);
  if (recorded !== undefined) throw new AnswerRecorded(recorded);
  return await passwords.hash(normalized, call.signal);
}

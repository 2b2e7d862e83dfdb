import type { Timestamp, User } from './contract.ts';
import type { UserRow } from './user-repository.ts';

/** The row as the contract shows it. */
export function toUser({ version, create_time, update_time, ...row }: UserRow): User {
  return {
    ...row,
    create_time: toTimestamp(create_time),
    update_time: toTimestamp(update_time),
    etag: String(version),
  };
}

/** A time of the database or the cache, as the contract has it. */
export function toTimestamp(time: Date | string): Timestamp {
  const timeMs = new Date(time).getTime();
  const seconds = Math.floor(timeMs / 1000);
  return { seconds, nanos: (timeMs - seconds * 1000) * 1_000_000 };
}

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collection, type Db, MongoServerError } from 'mongodb';
import { MigrationError } from './migration-error.ts';
import type { MigrationLock, MigrationLockOptions } from './migration-lock.ts';

interface Lease {
  _id: string;
  owner: string;
  expires_at: Date;
}

export interface LeaseLockOptions extends MigrationLockOptions {
  /** How long a killed runner keeps the others out, in milliseconds; a living one renews it three times as often. */
  readonly leaseMs: number;
}

const lockId = 'migrate';
const retryMs = 100;
const duplicateKey = 11000;

/** Takes the lock document of the database; a runner that was killed loses it when its lease ends. */
export async function holdLeaseLock(db: Db, options: LeaseLockOptions): Promise<MigrationLock> {
  const { leaseMs } = options;
  const leases = db.collection<Lease>('migration_locks');
  const owner = randomUUID();
  let renewedAt = await waitForLease(leases, owner, options);
  let renewing: Promise<void> | undefined;
  const renew = async () => {
    const startedAt = performance.now();
    if (await claim(leases, { owner, leaseMs })) renewedAt = startedAt;
  };
  const heartbeat = setInterval(() => {
    renewing ??= renew()
      .catch(() => {})
      .finally(() => {
        renewing = undefined;
      });
  }, leaseMs / 3);
  return {
    assertHeld() {
      if (performance.now() - renewedAt < leaseMs) return;
      throw new MigrationError('posts: the migration lock could not be renewed in time and may be lost; run it again');
    },
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      await renewing;
      await leases.deleteOne({ _id: lockId, owner }).catch(() => {});
    },
  };
}

/** Resolves with the instant (of `performance.now()`) from which the lease certainly runs. */
async function waitForLease(
  leases: Collection<Lease>,
  owner: string,
  { leaseMs, waitMs, log }: LeaseLockOptions,
): Promise<number> {
  const giveUpAt = performance.now() + waitMs;
  for (let attempt = 0; ; attempt += 1) {
    const startedAt = performance.now();
    if (await claim(leases, { owner, leaseMs })) return startedAt;
    if (attempt === 0) log('posts: waiting for another migration run to end');
    if (startedAt >= giveUpAt) {
      throw new MigrationError(`posts: another migration run still holds the lock after ${waitMs} ms; try again later`);
    }
    await sleep(retryMs);
  }
}

/** Takes the lease when it is free, expired or already ours. Only the server's clock counts. */
async function claim(
  leases: Collection<Lease>,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): Promise<boolean> {
  const mine = { $or: [{ $eq: ['$owner', owner] }, { $lt: [{ $ifNull: ['$expires_at', new Date(0)] }, '$$NOW'] }] };
  const lease = {
    owner: { $cond: [mine, owner, '$owner'] },
    expires_at: { $cond: [mine, { $add: ['$$NOW', leaseMs] }, '$expires_at'] },
  };
  try {
    const after = await leases.findOneAndUpdate({ _id: lockId }, [{ $set: lease }], {
      upsert: true,
      returnDocument: 'after',
    });
    return after?.owner === owner;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === duplicateKey) return false;
    throw error;
  }
}

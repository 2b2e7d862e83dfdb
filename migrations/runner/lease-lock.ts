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

interface LeaseClaim {
  readonly owner: string;
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
  let heldUntil = (await waitForLease(leases, owner, options)) + leaseMs;
  let renewing: Promise<void> | undefined;
  const renewOnce = async () => {
    const startedAt = performance.now();
    const stillOurs = await renew(leases, { owner, leaseMs });
    heldUntil = stillOurs ? Math.max(heldUntil, startedAt + leaseMs) : Number.NEGATIVE_INFINITY;
  };
  const heartbeat = setInterval(() => {
    renewing ??= renewOnce()
      .catch(() => {})
      .finally(() => {
        renewing = undefined;
      });
  }, leaseMs / 3);
  return {
    assertHeld() {
      if (performance.now() < heldUntil) return;
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

/** Prolongs a lease that is still ours; once another runner has had it, it is lost for good. */
async function renew(leases: Collection<Lease>, { owner, leaseMs }: LeaseClaim): Promise<boolean> {
  const prolonged = [{ $set: { expires_at: { $add: ['$$NOW', leaseMs] } } }];
  const { matchedCount } = await leases.updateOne({ _id: lockId, owner }, prolonged);
  return matchedCount === 1;
}

/** Takes the lease when it is free or expired. Only the server's clock counts. */
async function claim(leases: Collection<Lease>, { owner, leaseMs }: LeaseClaim): Promise<boolean> {
  const free = { $lt: [{ $ifNull: ['$expires_at', new Date(0)] }, '$$NOW'] };
  const lease = {
    owner: { $cond: [free, owner, '$owner'] },
    expires_at: { $cond: [free, { $add: ['$$NOW', leaseMs] }, '$expires_at'] },
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

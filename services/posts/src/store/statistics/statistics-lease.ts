import { setTimeout as pause } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import { isDuplicateKey } from '../mongo-errors.ts';
import { type LeaseDocument, statementMs } from './statistics-collections.ts';

export interface LeaseOptions {
  /** Who asks: one name a process. */
  readonly holder: string;
  /** How long it lasts when it is not renewed, by the database's clock. */
  readonly leaseMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` while this process holds the lease; its signal is aborted when the lease is lost. Given back at the end.
 *
 * @returns false when another holds it
 */
export async function withLease(
  leases: Collection<LeaseDocument>,
  options: LeaseOptions,
  work: (held: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const takenAt = performance.now();
  if (!(await takeLease(leases, options))) return false;
  const [ended, lost] = [new AbortController(), new AbortController()];
  const renewing = keepLease(leases, { ...options, signal: ended.signal }, { takenAt, lost });
  try {
    await work(AbortSignal.any([options.signal, lost.signal]));
  } finally {
    ended.abort();
    await renewing;
    if (!lost.signal.aborted) await giveBack(leases, options.holder);
  }
  return true;
}

/** True when it is this holder's now. The clock is the database's, so that no process need have the right time. */
export async function takeLease(
  leases: Collection<LeaseDocument>,
  { holder, leaseMs }: Pick<LeaseOptions, 'holder' | 'leaseMs'>,
): Promise<boolean> {
  const free = { $or: [{ $eq: ['$holder', holder] }, { $lt: ['$expire_time', '$$NOW'] }] };
  const taken = [{ $set: { holder, expire_time: { $add: ['$$NOW', leaseMs] } } }];
  const take = () => leases.updateOne({ _id: 'lease', $expr: free }, taken, { maxTimeMS: statementMs });
  if ((await take()).matchedCount > 0) return true;
  return (await makeLease(leases)) && (await take()).matchedCount > 0;
}

/** An expired one that anyone may take; false when there is one. */
async function makeLease(leases: Collection<LeaseDocument>): Promise<boolean> {
  try {
    await leases.insertOne({ _id: 'lease', holder: '', expire_time: new Date(0) }, { maxTimeMS: statementMs });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

async function keepLease(
  leases: Collection<LeaseDocument>,
  options: LeaseOptions,
  { takenAt, lost }: { takenAt: number; lost: AbortController },
): Promise<void> {
  let renewedAt = takenAt;
  while (!options.signal.aborted) {
    await pause(options.leaseMs / 4, undefined, { signal: options.signal, ref: false }).catch(() => undefined);
    if (options.signal.aborted) return;
    const askedAt = performance.now();
    const kept = await takeLease(leases, options).catch(() => undefined);
    if (kept) renewedAt = askedAt;
    else if (kept === false || performance.now() - renewedAt > options.leaseMs) return lost.abort();
  }
}

/** Whoever waits need not wait for its end. */
async function giveBack(leases: Collection<LeaseDocument>, holder: string): Promise<void> {
  const over = { $set: { expire_time: new Date(0) } };
  await leases.updateOne({ _id: 'lease', holder }, over, { maxTimeMS: statementMs }).catch(() => undefined);
}

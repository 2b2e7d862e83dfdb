import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Bulkhead, TandemError } from '@tandem/rpc';
import argon2 from 'argon2';
import { hashParameters, type PasswordHasher } from '../domain/password.ts';
import { isCurrentHash } from '../domain/password-hash.ts';

/** Hashes with argon2id in the process's thread pool, as many at once as there are cores. */
export interface Argon2Hasher extends PasswordHasher {
  /**
   * A slow digest of a secret, the same for the same secret and salt: what stands for the secret in a fingerprint that is
   * stored. 32 bytes.
   *
   * @throws TandemError `HASH_QUEUE_FULL` when too many wait; the signal's reason when it is aborted before the turn came
   */
  digestSecret(secret: string, salt: string, signal?: AbortSignal): Promise<Uint8Array>;
}

export interface Argon2HasherOptions {
  /** How many hashes run at once. Default: as many as there are cores. */
  readonly concurrency?: number;
  /** How many may wait for their turn. Default: eight times as many. */
  readonly queueLimit?: number;
}

/** How many hashes of other parameters may wait to be verified: a few seconds of them. */
const foreignQueueLimit = 8;

const settings = {
  type: argon2.argon2id,
  memoryCost: hashParameters.memoryKiB,
  timeCost: hashParameters.passes,
  parallelism: hashParameters.lanes,
  hashLength: 32,
} as const;

export function createArgon2Hasher({
  concurrency = availableParallelism(),
  queueLimit = concurrency * 8,
}: Argon2HasherOptions = {}): Argon2Hasher {
  const gate = new Bulkhead({ concurrency, queueLimit, refuse: queueFull });
  // Whose cost somebody else chose, and may be several times ours: one at a time, whoever else waits for a turn.
  const foreignGate = new Bulkhead({ concurrency: 1, queueLimit: foreignQueueLimit, refuse: queueFull });
  return {
    hash: (password, signal) => runInside(gate, () => argon2.hash(password, settings), signal),
    verify: (hash, password, signal) => {
      const verify = () => runInside(gate, () => argon2.verify(hash, password), signal);
      return isCurrentHash(hash) ? verify() : runInside(foreignGate, verify, signal);
    },
    assertRoom: () => {
      if (gate.waiting >= queueLimit) throw queueFull();
    },
    digestSecret: (secret, salt, signal) => {
      const saltBytes = createHash('sha256').update(salt).digest();
      return runInside(gate, () => argon2.hash(secret, { ...settings, salt: saltBytes, raw: true }), signal);
    },
  };
}

/** The place is given back when the hash has really ended, whoever still waits for it: threads are what is scarce. */
async function runInside<T>(gate: Bulkhead, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const leave = await gate.enter(signal);
  try {
    return await work();
  } finally {
    leave();
  }
}

function queueFull(): TandemError {
  return new TandemError('HASH_QUEUE_FULL', 'Too many passwords are being hashed; try again a little later.');
}

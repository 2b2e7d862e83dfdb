import argon2 from 'argon2';
import { describe, expect, it } from 'vitest';
import { checkPasswordHash } from '../domain/password-hash.ts';
import { type Argon2Hasher, createArgon2Hasher } from './argon2-hasher.ts';

const signal = new AbortController().signal;

describe('createArgon2Hasher', () => {
  it('hashes in a form that imports take, and that verifies', async () => {
    const hash = await createArgon2Hasher().hash('correct horse', signal);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/);
    expect(checkPasswordHash(hash)).toBeUndefined();
    expect(await argon2.verify(hash, 'correct horse')).toBe(true);
  });

  it('verifies under the parameters that a hash names, in whatever order', async () => {
    const hasher = createArgon2Hasher();
    const hash = await argon2.hash('correct horse', {
      type: argon2.argon2id,
      memoryCost: 64,
      timeCost: 3,
      parallelism: 2,
    });
    const reordered = hash.replace('m=64,p=2,t=3', 't=3,m=64,p=2').replace('m=64,t=3,p=2', 't=3,m=64,p=2');
    expect(reordered).toContain('$t=3,m=64,p=2$');
    for (const form of [hash, reordered]) {
      expect(await hasher.verify(form, 'correct horse', signal)).toBe(true);
      expect(await hasher.verify(form, 'correct horsf', signal)).toBe(false);
    }
  });

  it('digests the same secret alike under one salt only', async () => {
    const { digestSecret } = createArgon2Hasher();
    const [first, again, other] = await Promise.all([
      digestSecret('secret', 'a'),
      digestSecret('secret', 'a'),
      digestSecret('secret', 'b'),
    ]);
    expect(first).toHaveLength(32);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('refuses quickly when too many wait, and serves the others', async () => {
    const hasher = createArgon2Hasher({ concurrency: 1, queueLimit: 1 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => hasher.hash('correct horse', signal)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { reason: 'HASH_QUEUE_FULL' } });
  });

  it('lets at most one hash of other parameters pass before those of its own', async () => {
    const hasher = createArgon2Hasher({ concurrency: 1, queueLimit: 20 });
    const foreign = await argon2.hash('correct horse', { memoryCost: 64, timeCost: 1, parallelism: 1 });
    const own = await hasher.hash('correct horse', signal);
    const order: string[] = [];
    const verify = async (name: string, hash: string) => {
      expect(await hasher.verify(hash, 'correct horse', signal)).toBe(true);
      order.push(name);
    };
    await Promise.all([
      ...Array.from({ length: 5 }, () => verify('foreign', foreign)),
      ...Array.from({ length: 2 }, () => verify('own', own)),
    ]);
    expect(order).toHaveLength(7);
    expect(order.lastIndexOf('own')).toBeLessThanOrEqual(2);
  });

  it('refuses quickly when too many hashes of other parameters wait, and has room for its own', async () => {
    const hasher = createArgon2Hasher({ concurrency: 2, queueLimit: 2 });
    const foreign = await argon2.hash('correct horse', { memoryCost: 64, timeCost: 1, parallelism: 1 });
    const own = await hasher.hash('correct horse', signal);
    const many = Promise.allSettled(Array.from({ length: 20 }, () => hasher.verify(foreign, 'correct horse', signal)));
    hasher.assertRoom();
    expect(await hasher.verify(own, 'correct horse', signal)).toBe(true);
    const refused = (await many).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(11);
    for (const refusal of refused) expect(refusal).toMatchObject({ reason: { reason: 'HASH_QUEUE_FULL' } });
  });

  type Work = (hasher: Argon2Hasher, signal: AbortSignal) => Promise<unknown>;
  it.each<[string, Work]>([
    ['hash', (hasher, goneSignal) => hasher.hash('correct horse', goneSignal)],
    ['verify', (hasher, goneSignal) => hasher.verify('$argon2id$none', 'correct horse', goneSignal)],
    ['digest', (hasher, goneSignal) => hasher.digestSecret('correct horse', 'salt', goneSignal)],
  ])('does not %s for one who went away while waiting', async (_, work) => {
    const hasher = createArgon2Hasher({ concurrency: 1, queueLimit: 1 });
    const first = hasher.hash('correct horse', signal);
    const controller = new AbortController();
    const gone = work(hasher, controller.signal);
    controller.abort(new Error('went away'));
    await expect(gone).rejects.toThrow('went away');
    await first;
  });
});

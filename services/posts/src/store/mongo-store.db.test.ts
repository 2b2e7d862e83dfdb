import { describe, expect, it } from 'vitest';
import { postsMigrations } from '../../../../migrations/posts/list.ts';
import { readServiceSecret } from './mongo-secrets.ts';
import { requiredMigrations } from './open-database.ts';
import { describePostStore } from './store-suite.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();

describePostStore('MongoDB', () => store);

describe('the posts database', () => {
  it('needs the migrations of this release, and no others', () => {
    expect(requiredMigrations).toEqual(postsMigrations.map(({ name }) => name));
  });

  it('makes a secret once, whoever asks first', async () => {
    const db = direct.db();
    const secrets = await Promise.all(Array.from({ length: 10 }, () => readServiceSecret(db, 'test')));
    expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1);
    expect(secrets[0]).toHaveLength(32);
  });

  it('answers the probe', async () => {
    await expect(store.probe(AbortSignal.timeout(5_000))).resolves.toBeUndefined();
  });
});

import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { postsMigrations } from '../../../../migrations/posts/list.ts';
import { readServiceSecret } from './mongo-secrets.ts';
import { createMongoStore } from './mongo-store.ts';
import { requiredMigrations } from './open-database.ts';
import { describePostStore } from './store-suite.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct, url } = await usePostsStore();

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

  it('is asked at a secondary, where there is one, for what may lag, and for nothing else', async () => {
    const client = new MongoClient(url, { monitorCommands: true });
    const mayLag: boolean[] = [];
    client.on('commandStarted', ({ commandName, command }) => {
      if (commandName === 'find') mayLag.push(command.$readPreference?.mode === 'secondaryPreferred');
    });
    await using asked = createMongoStore(client);
    for (const reader of [asked.eventualReader, asked.reader, asked.strongReader]) {
      await reader.get(randomUUID(), makeCall());
    }
    expect(mayLag).toEqual([true, false, false]);
  });

  it('answers the probe', async () => {
    await expect(store.probe(AbortSignal.timeout(5_000))).resolves.toBeUndefined();
  });
});

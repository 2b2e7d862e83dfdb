import { sendRedisCommands } from '@tandem/dev-stack';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { nameDatabase } from './database-urls.ts';
import { usePostsDatabase } from './use-posts-database.ts';
import { useRedis } from './use-redis.ts';
import { useUsersDatabase } from './use-users-database.ts';

async function queryUsers(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function listDatabases(kind: 'users' | 'posts'): Promise<string[]> {
  if (kind === 'users') {
    const rows = await queryUsers(inject('usersServerUrl'), 'SELECT datname FROM pg_database');
    return (rows as { datname: string }[]).map(({ datname }) => datname);
  }
  const client = new MongoClient(inject('postsServerUrl'));
  const { databases } = await client.db('admin').admin().listDatabases();
  await client.close();
  return databases.map(({ name }) => name);
}

const listTables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1";
const nameOf = (url: string) => new URL(url).pathname.slice(1);

describe('a test database', async () => {
  const left = { users: '', posts: '', redisPrefix: '' };

  describe('while its tests run', async () => {
    const url = await useUsersDatabase();
    const other = await useUsersDatabase();
    const postsUrl = await usePostsDatabase();
    const redis = useRedis();
    Object.assign(left, { users: nameOf(url), posts: nameOf(postsUrl), redisPrefix: redis.keyPrefix });

    it('is a clone of the migrated template', async () => {
      const template = nameDatabase({ serverUrl: inject('usersServerUrl'), name: inject('usersTemplate') });
      expect(await queryUsers(url, listTables)).toEqual(await queryUsers(template, listTables));
      expect(await queryUsers(url, listTables)).not.toEqual([]);
    });

    it('shares nothing with another', async () => {
      await queryUsers(url, 'CREATE TABLE only_here (id int)');
      expect(await queryUsers(other, listTables)).not.toContainEqual({ table_name: 'only_here' });
    });

    it('is a replica set with transactions on the MongoDB side', async () => {
      const client = new MongoClient(postsUrl);
      await client.db().createCollection('notes');
      await client.withSession((session) =>
        session.withTransaction(() => client.db().collection('notes').insertOne({ text: 'kept' }, { session })),
      );
      expect(await client.db().collection('notes').countDocuments()).toBe(1);
      await client.close();
    });

    it('has keys of its own in Redis', async () => {
      const [set, got] = await sendRedisCommands(redis.url, [
        ['SET', `${redis.keyPrefix}a`, 'ä'],
        ['GET', `${redis.keyPrefix}a`],
      ]);
      expect([set, got]).toEqual(['OK', 'ä']);
    });
  });

  it('is gone after its tests', async () => {
    expect(left.users).not.toBe('');
    expect(await listDatabases('users')).not.toContain(left.users);
    expect(await listDatabases('posts')).not.toContain(left.posts);
    expect(await sendRedisCommands(inject('redisUrl'), [['KEYS', `${left.redisPrefix}*`]])).toEqual([[]]);
  });
});

describe('an empty database', async () => {
  const url = await useUsersDatabase({ migrated: false });
  it('has no tables', async () => {
    expect(await queryUsers(url, listTables)).toEqual([]);
  });
});

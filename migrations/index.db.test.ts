import knexModule from 'knex';
import { MongoClient } from 'mongodb';
import { expect, it, onTestFinished } from 'vitest';
import { migratePosts, migrateUsers, pendingPostsMigrations, pendingUsersMigrations } from './index.ts';
import { postsMigrations } from './posts/list.ts';
import { useEmptyPostsDatabase, useEmptyUsersDatabase } from './testing/use-empty-databases.ts';
import { usersMigrations } from './users/list.ts';

const { knex: createKnex } = knexModule;

it('tells a service what its users database lacks, and nothing once it was migrated', async () => {
  const url = await useEmptyUsersDatabase();
  const knex = createKnex({ client: 'pg', connection: url });
  onTestFinished(() => knex.destroy());
  expect(await pendingUsersMigrations(knex)).toEqual(usersMigrations.map(({ name }) => name));
  await migrateUsers({ url });
  expect(await pendingUsersMigrations(knex)).toEqual([]);
});

it('tells a service what its posts database lacks, and nothing once it was migrated', async () => {
  const url = await useEmptyPostsDatabase();
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  expect(await pendingPostsMigrations(client.db())).toEqual(postsMigrations.map(({ name }) => name));
  await migratePosts({ url });
  expect(await pendingPostsMigrations(client.db())).toEqual([]);
});

import { MongoClient } from 'mongodb';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { readPostsSchema } from './read-posts-schema.ts';
import { readUsersSchema } from './read-users-schema.ts';
import { useEmptyPostsDatabase, useEmptyUsersDatabase } from './use-empty-databases.ts';

it('sees every kind of change in a PostgreSQL schema', async () => {
  const url = await useEmptyUsersDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  const seen = new Set([JSON.stringify(await readUsersSchema(url))]);
  const changes = [
    'CREATE TABLE t (a int)',
    'ALTER TABLE t ADD COLUMN b text COLLATE "C"',
    'ALTER TABLE t ALTER COLUMN a SET NOT NULL',
    'ALTER TABLE t ALTER COLUMN a SET DEFAULT 1',
    'ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)',
    'ALTER TABLE t SET (fillfactor = 80)',
    'CREATE INDEX t_b ON t (b) WHERE a > 1',
    "CREATE TYPE mood AS ENUM ('fine')",
    "ALTER TYPE mood ADD VALUE 'ill'",
    'CREATE FUNCTION one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    'CREATE TRIGGER t_one AFTER INSERT ON t EXECUTE FUNCTION one()',
    'CREATE VIEW v AS SELECT a FROM t',
    'CREATE SEQUENCE s',
    'CREATE SCHEMA other',
    'CREATE EXTENSION pg_trgm',
  ];
  for (const change of changes) {
    await client.query(change);
    const schema = JSON.stringify(await readUsersSchema(url));
    expect(seen, change).not.toContain(schema);
    seen.add(schema);
  }
});

it('sees every kind of change in a MongoDB schema', async () => {
  const url = await useEmptyPostsDatabase();
  const client = new MongoClient(url);
  onTestFinished(() => client.close());
  const db = client.db();
  const seen = new Set([JSON.stringify(await readPostsSchema(url))]);
  const changes = [
    () => db.createCollection('c'),
    () => db.command({ collMod: 'c', validator: { $jsonSchema: { required: ['a'] } } }),
    () => db.command({ collMod: 'c', validationAction: 'warn' }),
    () => db.command({ collMod: 'c', changeStreamPreAndPostImages: { enabled: true } }),
    () => db.createIndex('c', { a: 1 }),
    () => db.createIndex('c', { b: 1 }, { unique: true, partialFilterExpression: { b: { $exists: true } } }),
    () => db.createIndex('c', { t: 'text' }, { weights: { t: 3 } }),
    () => db.createCollection('v', { viewOn: 'c', pipeline: [] }),
  ];
  for (const change of changes) {
    await change();
    const schema = JSON.stringify(await readPostsSchema(url));
    expect(seen).not.toContain(schema);
    seen.add(schema);
  }
});

import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import { onTestFinished } from 'vitest';

function required(variable: string): string {
  const url = process.env[variable];
  if (url === undefined) throw new Error(`${variable} is not set`);
  return url;
}

/** The URL of a new PostgreSQL database without any table; dropped after the test. */
export async function useEmptyUsersDatabase(): Promise<string> {
  const server = required('USERS_DATABASE_URL');
  const name = freshName();
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  onTestFinished(() => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`));
  return withDatabase(server, name);
}

/** The URL of a new MongoDB database without any collection; dropped after the test. */
export async function useEmptyPostsDatabase(): Promise<string> {
  const url = withDatabase(required('POSTS_DATABASE_URL'), freshName());
  onTestFinished(async () => {
    await using client = new MongoClient(url);
    await client.db().dropDatabase();
  });
  return url;
}

function freshName(): string {
  return `migrations_${randomBytes(6).toString('hex')}`;
}

function withDatabase(url: string, name: string): string {
  return url.replace(/^([a-z+]+:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

import { MongoClient } from 'mongodb';
import pg from 'pg';
import { afterAll } from 'vitest';
import { endPool } from '../../support/end-pool.ts';
import type { MortalPair } from '../support/mortal-pair.ts';

/** What is in the two databases, past the services. */
export interface Stores {
  /** Every post's author, by the post's id. */
  readAuthors(): Promise<Map<string, string>>;
  /** Every user's e-mail, by id. */
  readUsers(): Promise<Map<string, string>>;
  /** How many jobs are not done. */
  countJobs(): Promise<number>;
  /** How many CreateUserWithPost are under way. */
  countPending(): Promise<number>;
  /** How many posts are reserved, and neither confirmed nor cancelled. */
  countReserved(): Promise<number>;
}

export function useStores({ usersUrl, postsUrl }: Pick<MortalPair, 'usersUrl' | 'postsUrl'>): Stores {
  const pool = new pg.Pool({ connectionString: usersUrl, max: 2 });
  const client = new MongoClient(postsUrl);
  afterAll(() => Promise.all([endPool(pool), client.close()]));
  const count = async (sql: string) => Number((await pool.query<{ count: string }>(sql)).rows[0]?.count);
  return {
    async readAuthors() {
      const posts = client.db().collection<{ _id: string; author_id: string }>('posts');
      const all = await posts.find({}, { projection: { author_id: 1 } }).toArray();
      return new Map(all.map(({ _id, author_id }) => [_id, author_id]));
    },
    async readUsers() {
      const { rows } = await pool.query<{ id: string; email: string }>('SELECT id::text AS id, email FROM users');
      return new Map(rows.map(({ id, email }) => [id, email]));
    },
    countJobs: () => count(`SELECT count(*) FROM jobs.job WHERE state < 'completed'`),
    countReserved: () => client.db().collection('reserved_posts').countDocuments({ state: 'reserved' }),
    countPending: () => count('SELECT count(*) FROM pending_users'),
  };
}

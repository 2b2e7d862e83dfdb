import { MongoClient } from 'mongodb';
import { queryDatabase } from '../../support/query-database.ts';
import type { MortalPair } from '../support/mortal-pair.ts';
import { type Entry, toEmail } from './desk.ts';

/** An entry as its database has it. */
interface StoredEntry {
  readonly name: string;
  readonly text: string;
  /** 1 once it is made, and one more with each write over it. */
  readonly version: number;
}

export async function readStoredUsers({ usersUrl }: MortalPair): Promise<StoredEntry[]> {
  const sql = 'SELECT email AS name, name AS text, version::integer AS version FROM users';
  return await queryDatabase<StoredEntry & Record<string, unknown>>(usersUrl, sql);
}

export async function readStoredPosts({ postsUrl }: MortalPair): Promise<StoredEntry[]> {
  await using owned = new AsyncDisposableStack();
  const client = owned.adopt(new MongoClient(postsUrl), (opened) => opened.close());
  const posts = await client.db().collection('posts').find().toArray();
  return posts.map(({ title, content, version }) => ({ name: title, text: content, version: Number(version) }));
}

/** What of the entries was lost or doubled, one line each. */
export function compareToEntries(stored: readonly StoredEntry[], entries: readonly Entry[]): string[] {
  const byName = Map.groupBy(stored, ({ name }) => name);
  return entries.flatMap(({ name, updates }) => {
    const found = byName.get(name) ?? byName.get(toEmail(name)) ?? [];
    if (found.length !== 1) return [`${name} is there ${found.length} times`];
    const written = `${found[0]?.text} in version ${found[0]?.version}`;
    const expected = `${updates} in version ${updates + 1}`;
    return written === expected ? [] : [`${name} has ${written}, was acknowledged ${expected}`];
  });
}

import { queryDatabase } from './query-database.ts';

interface NamedDatabase {
  readonly serverUrl: string;
  readonly name: string;
}

/** The URL of another database on the same server, PostgreSQL or MongoDB (whose URLs may name several hosts). */
export function nameDatabase({ serverUrl, name }: NamedDatabase): string {
  return serverUrl.replace(/^([a-z+]+:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`);
}

/** Makes a PostgreSQL database; `template` is what it is cloned from. */
export async function createDatabase({
  serverUrl,
  name,
  template = 'template1',
}: NamedDatabase & { template?: string }): Promise<void> {
  await queryDatabase(serverUrl, `CREATE DATABASE "${name}" TEMPLATE "${template}"`);
}

/** Drops a PostgreSQL database, ending whoever is still connected to it. */
export async function dropDatabase({ serverUrl, name }: NamedDatabase): Promise<void> {
  await queryDatabase(serverUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

import { describe, expect, it } from 'vitest';
import { postsMigrations } from './posts/list.ts';
import type { MigrationRunner } from './runner/migration-runner.ts';
import { openPostsRunner } from './runner/posts-runner.ts';
import { openUsersRunner } from './runner/users-runner.ts';
import { readPostsSchema } from './testing/read-posts-schema.ts';
import { readUsersSchema } from './testing/read-users-schema.ts';
import { useEmptyPostsDatabase, useEmptyUsersDatabase } from './testing/use-empty-databases.ts';
import { usersMigrations } from './users/list.ts';

interface Subject {
  readonly database: string;
  readonly names: readonly string[];
  useEmptyDatabase(): Promise<string>;
  readSchema(url: string): Promise<unknown>;
  /** A runner that knows only the first `count` of the list. */
  open(options: { url: string; count: number }): Promise<MigrationRunner>;
}

const subjects: readonly Subject[] = [
  {
    database: 'users',
    names: usersMigrations.map(({ name }) => name),
    useEmptyDatabase: useEmptyUsersDatabase,
    readSchema: readUsersSchema,
    open: ({ url, count }) => openUsersRunner({ url, migrations: usersMigrations.slice(0, count) }),
  },
  {
    database: 'posts',
    names: postsMigrations.map(({ name }) => name),
    useEmptyDatabase: useEmptyPostsDatabase,
    readSchema: readPostsSchema,
    open: ({ url, count }) => openPostsRunner({ url, migrations: postsMigrations.slice(0, count) }),
  },
];

describe.each(subjects)('the migrations of $database', ({ names, useEmptyDatabase, readSchema, open }) => {
  it('are named YYYYMMDDHHMM-what, each later than the one before', () => {
    for (const name of names) expect(name).toMatch(/^\d{12}-[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('go up to the last and down to nothing, again and again', async () => {
    const url = await useEmptyDatabase();
    const empty = await readSchema(url);
    await using runner = await open({ url, count: names.length });
    expect(await runner.up()).toEqual(names);
    const full = await readSchema(url);
    for (const name of names.toReversed()) expect(await runner.down()).toBe(name);
    expect(await readSchema(url)).toEqual(empty);
    expect(await runner.up()).toEqual(names);
    expect(await readSchema(url)).toEqual(full);
  });

  it.each(names.map((name, index) => ({ name, index })))(
    '$name undoes exactly what it did',
    async ({ name, index }) => {
      const url = await useEmptyDatabase();
      await using upToBefore = await open({ url, count: index });
      await upToBefore.up();
      const before = await readSchema(url);
      await using upToThis = await open({ url, count: index + 1 });
      expect(await upToThis.up()).toEqual([name]);
      const after = await readSchema(url);
      expect(await upToThis.down()).toBe(name);
      expect(await readSchema(url)).toEqual(before);
      expect(await upToThis.up()).toEqual([name]);
      expect(await readSchema(url)).toEqual(after);
    },
  );
});

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeMigration } from './make-migration.ts';

const emptyList = `import type { UsersMigration } from '../migration.ts';

/** All of them. */
export const usersMigrations: readonly UsersMigration[] = [];
`;

const now = new Date('2026-11-25T09:07:59Z');

async function useRoot(list = emptyList): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'tandem-make-'));
  onTestFinished(() => rm(root, { recursive: true }));
  const real = join(import.meta.dirname, '..');
  for (const database of ['users', 'posts']) await cp(join(real, database), join(root, database), { recursive: true });
  await writeFile(join(root, 'users/list.ts'), list);
  return root;
}

/** Imports a list as the runner does, which proves that it is sound. */
async function namesIn(root: string): Promise<string[]> {
  const list = await import(pathToFileURL(join(root, 'users/list.ts')).href);
  return list.usersMigrations.map(({ name, up, down }: Record<string, unknown>) => {
    expect([typeof up, typeof down]).toEqual(['function', 'function']);
    return name;
  });
}

describe('makeMigration', () => {
  it('writes a template and lists it, under the minute in UTC', async () => {
    const root = await useRoot();
    const path = await makeMigration({ root, database: 'users', what: 'add-nickname', now });
    expect(path).toBe(join(root, 'users/202611250907-add-nickname.ts'));
    expect(await namesIn(root)).toEqual(['202611250907-add-nickname']);
  });

  it('puts each new one at the end, a minute later when the clock has not moved on', async () => {
    const root = await useRoot();
    for (const what of ['first', 'delete', 'first']) await makeMigration({ root, database: 'users', what, now });
    expect(await namesIn(root)).toEqual(['202611250907-first', '202611250908-delete', '202611250909-first']);
  });

  it('keeps what the list holds already', async () => {
    const root = await useRoot();
    const kept = emptyList
      .replace(';\n', ";\nimport * as old from './202612312359-old.ts';\n")
      .replace('[];', "[\n  { name: '202612312359-old', ...old },\n];");
    await writeFile(join(root, 'users/list.ts'), kept);
    await writeFile(
      join(root, 'users/202612312359-old.ts'),
      'export async function up() {}\nexport async function down() {}\n',
    );
    await makeMigration({ root, database: 'users', what: 'add-nickname', now });
    expect(await namesIn(root)).toEqual(['202612312359-old', '202701010000-add-nickname']);
  });

  it('can add to the lists of this repository', async () => {
    const root = await useRoot(await readFile(join(import.meta.dirname, '../users/list.ts'), 'utf8'));
    for (const database of ['users', 'posts'] as const) {
      await makeMigration({ root, database, what: 'one-more', now });
      expect(await readFile(join(root, database, 'list.ts'), 'utf8')).toMatch(/-one-more', \.\.\.m\d{12} },\n\];\n$/);
    }
  });

  it.each(['', 'Add', 'add_it', '-add', 'add-', 'a--b', '1st', '../x', 'a b', 'a'.repeat(61)])(
    'refuses the name %j and writes nothing',
    async (what) => {
      const root = await useRoot();
      const before = await readdir(join(root, 'users'));
      await expect(makeMigration({ root, database: 'users', what, now })).rejects.toThrow('is no name for a migration');
      expect(await readdir(join(root, 'users'))).toEqual(before);
      expect(await readFile(join(root, 'users/list.ts'), 'utf8')).toBe(emptyList);
    },
  );

  it('refuses a list it does not understand before it writes anything', async () => {
    const root = await useRoot('export const usersMigrations = [];\n');
    const before = await readdir(join(root, 'users'));
    await expect(makeMigration({ root, database: 'users', what: 'x', now })).rejects.toThrow(
      'list.ts has lost its form',
    );
    expect(await readdir(join(root, 'users'))).toEqual(before);
  });
});

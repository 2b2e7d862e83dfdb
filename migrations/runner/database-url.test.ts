import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readDatabaseUrl, serverOf } from './database-url.ts';

async function useFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-url-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'url');
  await writeFile(path, content);
  return path;
}

describe('readDatabaseUrl', () => {
  it.each([
    'postgres://localhost/tandem',
    'postgresql://user:p%40ss@db.example:5432/tandem?sslmode=require',
    'postgres:///tandem?host=/var/run/postgresql',
  ])('takes %s', (url) => {
    expect(readDatabaseUrl({ USERS_DATABASE_URL: url }, 'USERS_DATABASE_URL')).toBe(url);
  });

  it.each(['mongodb://a:1,b:2/tandem?replicaSet=rs', 'mongodb+srv://u:p@cluster.example/tandem'])('takes %s', (url) => {
    expect(readDatabaseUrl({ POSTS_DATABASE_URL: url }, 'POSTS_DATABASE_URL')).toBe(url);
  });

  it.each(['', '\n', '\r\n'])(
    'reads the file that the _FILE variable names, but for the line break %j',
    async (end) => {
      const path = await useFile(`postgres://localhost/tandem${end}`);
      expect(readDatabaseUrl({ USERS_DATABASE_URL_FILE: path }, 'USERS_DATABASE_URL')).toBe(
        'postgres://localhost/tandem',
      );
    },
  );

  it('cuts nothing else off, as the services do not', async () => {
    const path = await useFile('postgres://localhost/tandem?password=x \n');
    expect(readDatabaseUrl({ USERS_DATABASE_URL_FILE: path }, 'USERS_DATABASE_URL')).toBe(
      'postgres://localhost/tandem?password=x ',
    );
  });

  it('says which variable is missing and what it looks like', () => {
    expect(() => readDatabaseUrl({}, 'USERS_DATABASE_URL')).toThrow(
      'USERS_DATABASE_URL is not set; give it as postgres://USER:PASSWORD@HOST:5432/DATABASE',
    );
    expect(() =>
      readDatabaseUrl({ POSTS_DATABASE_URL: '', POSTS_DATABASE_URL_FILE: '' }, 'POSTS_DATABASE_URL'),
    ).toThrow('is not set');
  });

  it('names the file it cannot read', () => {
    expect(() => readDatabaseUrl({ USERS_DATABASE_URL_FILE: '/nowhere/url' }, 'USERS_DATABASE_URL')).toThrow(
      'USERS_DATABASE_URL_FILE names a file that cannot be read: /nowhere/url',
    );
  });

  it('refuses to choose between the variable and the file', () => {
    const env = { USERS_DATABASE_URL: 'postgres://a/b', USERS_DATABASE_URL_FILE: '/x' };
    expect(() => readDatabaseUrl(env, 'USERS_DATABASE_URL')).toThrow('both given');
  });

  it.each([
    ['another scheme', 'mysql://u:hunter2@h/db'],
    ['no database', 'postgres://u:hunter2@h'],
    ['no database after the slash', 'postgres://u:hunter2@h/'],
    ['a bare @ in the password', 'postgres://u:hunter2@hunter2@h/db'],
    ['a bare # in the password', 'postgres://u:hunter2#hunter2@h/db'],
    ['a bare / in the password', 'postgres://u:hunter2/hunter2@h/db'],
    ['no URL at all', 'hunter2'],
  ])('refuses %s without repeating it', (_, url) => {
    const read = () => readDatabaseUrl({ USERS_DATABASE_URL: url }, 'USERS_DATABASE_URL');
    expect(read).toThrow('USERS_DATABASE_URL is not of the form');
    expect(read).not.toThrow('hunter2');
  });
});

describe('serverOf', () => {
  it('tells hosts and database, never user, password or options', () => {
    expect(serverOf('postgres://u:p@h:5432/db?password=x')).toBe('h:5432/db');
    expect(serverOf('mongodb://u:p@a:1,b:2/db?authSource=admin')).toBe('a:1,b:2/db');
    expect(serverOf('postgres://u:p@x#@h/db')).toBe('the given address');
  });
});

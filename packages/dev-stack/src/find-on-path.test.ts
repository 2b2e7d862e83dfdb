import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newAttempts } from './attempts.ts';
import { findOnPath, type ProgramSought } from './find-on-path.ts';

const sought: ProgramSought = { names: ['postgres'], minimum: () => [17, 0], beside: ['initdb'] };

describe('findOnPath', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tandem-path-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function install(folder: string, program: string, version: string): string {
    mkdirSync(join(root, folder), { recursive: true });
    const path = join(root, folder, program);
    writeFileSync(path, `#!/bin/sh\necho "${version}"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  async function find(folders: string[], what = sought) {
    const attempts = newAttempts();
    const path = folders.map((folder) => join(root, folder)).join(delimiter);
    return { found: await findOnPath(what, { path, attempts }), attempts };
  }

  it('passes over one that is too old, says so, and takes the next', async () => {
    const old = install('old', 'postgres', 'postgres (PostgreSQL) 15.18 (Debian)');
    install('old', 'initdb', '');
    const good = install('new', 'postgres', 'postgres (PostgreSQL) 17.2');
    install('new', 'initdb', '');
    const { found, attempts } = await find(['old', 'new']);
    expect(found).toMatchObject({ path: good, version: '17.2' });
    expect(attempts.unfit).toEqual([`${old} is 15.18, but 17.0 is needed`]);
  });

  it('looks for what must lie beside it behind a symbolic link', async () => {
    const real = install('lib', 'postgres', 'postgres (PostgreSQL) 18.0');
    install('lib', 'initdb', '');
    mkdirSync(join(root, 'bin'));
    symlinkSync(real, join(root, 'bin/postgres'));
    expect((await find(['bin'])).found?.path).toBe(real);
  });

  it('passes over one that is not whole or does not run', async () => {
    const alone = install('alone', 'postgres', 'postgres (PostgreSQL) 18.0');
    const broken = install('broken', 'postgres', 'postgres');
    const { found, attempts } = await find(['alone', 'broken']);
    expect(found).toBeUndefined();
    expect(attempts.unfit).toEqual([alone, broken].map((path) => `${path} does not run or is not whole`));
  });

  it('reads the versions that mongod, redis-server and valkey-server print', async () => {
    const printed = {
      mongod: 'db version v8.0.12',
      redis: 'Redis server v=7.4.1 sha=0',
      valkey: 'Valkey server v=9.1.2 sha=0',
    };
    for (const [name, line] of Object.entries(printed)) {
      install('bin', name, line);
      const { found } = await find(['bin'], { names: [name], minimum: () => [7, 4] });
      expect(found?.version).toBe(/\d+\.\d+\.\d+/.exec(line)?.[0]);
    }
  });

  it('says what it looked for when there is none', async () => {
    const { found, attempts } = await find(['nowhere'], {
      names: ['valkey-server', 'redis-server'],
      minimum: () => [7, 0],
    });
    expect(found).toBeUndefined();
    expect(attempts).toEqual({ absent: ['no valkey-server or redis-server on the PATH'], unfit: [] });
  });
});

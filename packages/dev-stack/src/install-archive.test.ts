import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readVersion } from './find-on-path.ts';
import { type Archive, installArchive } from './install-archive.ts';

describe('installArchive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-archive-'));
  let archive: Archive;
  let downloads = 0;
  const server = createServer((request, response) => {
    if (request.url !== '/server-1.2.tgz') return void response.writeHead(404).end();
    downloads += 1;
    response.end(readFileSync(join(folder, 'server.tgz')));
  });

  beforeAll(async () => {
    mkdirSync(join(folder, 'server-1.2/bin'), { recursive: true });
    writeFileSync(join(folder, 'server-1.2/bin/server'), '#!/bin/sh\necho server v1.2.3\n', { mode: 0o755 });
    execFileSync('tar', ['-czf', 'server.tgz', 'server-1.2'], { cwd: folder });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, 'server.tgz')))
      .digest('base64');
    archive = { url: `http://127.0.0.1:${port}/server-1.2.tgz`, sha256, program: 'bin/server' };
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const useCache = () => mkdtempSync(join(folder, 'cache-'));

  it('gives a program that runs, which is downloaded once', async () => {
    const cache = useCache();
    const before = downloads;
    const path = await installArchive(archive, cache);
    expect(await readVersion(path)).toBe('1.2.3');
    expect(await installArchive(archive, cache)).toBe(path);
    expect(downloads).toBe(before + 1);
    expect(readdirSync(cache)).toEqual(['server-1.2']);
  });

  it('uses nothing of an archive with another hash', async () => {
    const cache = useCache();
    const forged = { ...archive, sha256: createHash('sha256').digest('base64') };
    await expect(installArchive(forged, cache)).rejects.toThrow(/another hash/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says that there is no such file', async () => {
    const cache = useCache();
    const absent = { ...archive, url: archive.url.replace('1.2', '1.3') };
    await expect(installArchive(absent, cache)).rejects.toThrow(/status 404/);
    expect(readdirSync(cache)).toEqual([]);
  });
});

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { type CachedProgram, findInstalled, installOnce } from './install-once.ts';

const run = promisify(execFile);
const ANSWER_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 600_000;

/** A gzipped tar on a web server that carries a server program. */
export interface Archive {
  readonly url: string;
  /** SHA-256, in base64; any other is refused. */
  readonly sha256: string;
  /** The program, inside the one folder that the archive has. */
  readonly program: string;
}

/**
 * The program of an archive, from the cache or downloaded into it.
 *
 * @throws when the server does not answer within 5 s, has no such file or takes longer than 10 minutes, tar is missing or
 *   the hash differs
 */
export function installArchive(archive: Archive, cacheFolder?: string): Promise<string> {
  return installOnce(toCached(archive, cacheFolder), async ({ whole, scratch }) => {
    const file = join(scratch, 'archive.tgz');
    await download(archive, file);
    await mkdir(whole);
    await run('tar', ['-xzf', file, '-C', whole, '--strip-components', '1']);
  });
}

/** The program of an archive that is in the cache already. */
export function findArchive(archive: Archive): Promise<string | undefined> {
  return findInstalled(toCached(archive));
}

function toCached({ url, program }: Archive, cacheFolder?: string): CachedProgram {
  const home = url.slice(url.lastIndexOf('/') + 1).replace(/\.tgz$/, '');
  return { home, program, ...(cacheFolder === undefined ? {} : { cacheFolder }) };
}

async function download({ url, sha256 }: Archive, file: string): Promise<void> {
  const unanswered = new AbortController();
  const timer = setTimeout(() => unanswered.abort(), ANSWER_TIMEOUT_MS);
  const signal = AbortSignal.any([unanswered.signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]);
  const response = await fetch(url, { signal }).finally(() => clearTimeout(timer));
  if (!response.ok || response.body === null) throw new Error(`${url} answers with status ${response.status}`);
  const hash = createHash('sha256');
  async function* hashed(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(response.body, hashed, createWriteStream(file));
  const found = hash.digest('base64');
  if (found !== sha256) throw new Error(`${url} has another hash, ${found}, than it should: nothing of it is used`);
}

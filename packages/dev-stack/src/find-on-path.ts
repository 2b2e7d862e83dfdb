import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Attempts } from './attempts.ts';

const run = promisify(execFile);
const VERSION_TIMEOUT_MS = 10_000;

/** A server program and where it is from, for a person to read. */
export interface StoreBinary {
  readonly path: string;
  readonly version: string;
  readonly origin: string;
}

/** What to look for on the PATH. */
export interface ProgramSought {
  readonly names: readonly string[];
  /** The oldest version that will do, compared part by part, by program name. */
  readonly minimum: (name: string) => readonly [major: number, minor: number];
  /** Programs that must lie beside it (symbolic links followed). */
  readonly beside?: readonly string[];
}

/**
 * Finds a server program on the PATH.
 *
 * @param attempts gets one phrase for each program that was found and passed over
 * @returns the first that is new enough, or undefined
 */
export async function findOnPath(
  sought: ProgramSought,
  { path, attempts }: { path: string; attempts: Attempts },
): Promise<StoreBinary | undefined> {
  const seen = new Set<string>();
  for (const folder of path.split(delimiter).filter(Boolean)) {
    for (const name of sought.names) {
      const program = await resolveProgram(join(folder, name));
      if (program === undefined || seen.has(program)) continue;
      seen.add(program);
      const found = await judge(program, { name, sought });
      if (typeof found !== 'string') return found;
      attempts.unfit.push(found);
    }
  }
  if (seen.size === 0) attempts.absent.push(`no ${sought.names.join(' or ')} on the PATH`);
  return undefined;
}

/** The version that `program --version` tells, such as `18.4`. @throws when it does not run or tells none */
export async function readVersion(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version'], { timeout: VERSION_TIMEOUT_MS });
  const version = /(?:\bv=?|\s)(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`${program} tells no version`);
  return version;
}

/** The binary, or a phrase that says why it is passed over. */
async function judge(
  program: string,
  { name, sought }: { name: string; sought: ProgramSought },
): Promise<StoreBinary | string> {
  try {
    const version = await readVersion(program);
    const minimum = sought.minimum(name);
    if (!isAtLeast(version, minimum)) return `${program} is ${version}, but ${minimum.join('.')} is needed`;
    for (const other of sought.beside ?? []) await access(join(dirname(program), other), constants.X_OK);
    return { path: program, version, origin: program };
  } catch {
    return `${program} does not run or is not whole`;
  }
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** The program behind a path, symbolic links followed: what lies beside it lies beside the real one. */
async function resolveProgram(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return await realpath(path);
  } catch {
    return undefined;
  }
}

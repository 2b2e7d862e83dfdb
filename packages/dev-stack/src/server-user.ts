import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const USER = 'postgres';
const OTHERS_MAY_PASS = 0o001;

/** Who a server that refuses to run as root runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The user that PostgreSQL runs as: the caller (undefined), or where that is root the system's user `postgres`, made
 * when there is none.
 */
export async function chooseServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const found = await findUser();
  if (found !== undefined) return found;
  await run('useradd', ['--system', '--user-group', '--no-create-home', USER]).catch(() => {});
  const made = await findUser();
  if (made === undefined) {
    throw new Error(`PostgreSQL does not run as root, and a user ${USER} could not be made: run as another user.`);
  }
  return made;
}

/** @throws naming the first folder on the way to `path` that another user cannot enter */
export async function checkPassable(path: string): Promise<void> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & OTHERS_MAY_PASS) === 0) {
      throw new Error(
        `PostgreSQL does not run as root, and the user ${USER} may not enter ${folder}: ` +
          'allow it (chmod o+x), move the project, or run as another user.',
      );
    }
    if (folder === dirname(folder)) return;
  }
}

async function findUser(): Promise<ServerUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

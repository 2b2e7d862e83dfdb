import { once } from 'node:events';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { UsageError } from '../read-options.ts';

/** Where an export goes. */
export interface Output extends AsyncDisposable {
  /** Goes on after what an earlier run wrote; empty: from the beginning. */
  readonly cursor: string;
  /** Writes a chunk's text; once it is there, an interruption goes on after `cursor`. */
  write(text: string, cursor: string): Promise<void>;
  /** All is written. */
  finish(): Promise<void>;
}

/** Standard output: what was written cannot be gone on from. */
export function openStandardOutput(stdout: NodeJS.WritableStream): Output {
  return {
    cursor: '',
    async write(text) {
      if (!stdout.write(text)) await once(stdout, 'drain');
    },
    async finish() {},
    async [Symbol.asyncDispose]() {},
  };
}

/** How far FILE.part is good. */
interface Mark {
  readonly cursor: string;
  readonly bytes: number;
}

const fromStart: Mark = { cursor: '', bytes: 0 };

/**
 * FILE, by way of FILE.part, and FILE.part.cursor beside it, which tells how much of it is whole.
 *
 * @throws UsageError when the file cannot be written
 */
export async function openOutputFile(path: string): Promise<Output> {
  const [partPath, markPath] = [`${path}.part`, `${path}.part.cursor`];
  const mark = await readMark(markPath);
  const part = await openPart(partPath, mark);
  let { bytes } = mark;
  return {
    cursor: mark.cursor,
    async write(text, cursor) {
      const { bytesWritten } = await part.write(text, bytes);
      bytes += bytesWritten;
      await writeMark(markPath, { cursor, bytes });
    },
    async finish() {
      await part.sync();
      await rename(partPath, path);
      await rm(markPath, { force: true });
    },
    [Symbol.asyncDispose]: () => part.close(),
  };
}

/** Opens without cutting off what is there, unless there is nothing to go on from. */
async function openPart(path: string, { bytes }: Mark): Promise<FileHandle> {
  try {
    const file = await open(path, bytes === 0 ? 'w' : 'r+');
    await file.truncate(bytes);
    return file;
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${codeOf(error)}`);
  }
}

async function readMark(path: string): Promise<Mark> {
  try {
    const mark: Partial<Mark> = JSON.parse(await readFile(path, 'utf8'));
    if (typeof mark.cursor !== 'string' || typeof mark.bytes !== 'number') throw new SyntaxError('no mark');
    return { cursor: mark.cursor, bytes: mark.bytes };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return fromStart;
    throw new UsageError(`cannot go on from ${path} (${codeOf(error)}); delete it to begin anew`);
  }
}

/** By renaming, so that a kill leaves the old one or the new one. */
async function writeMark(path: string, mark: Mark): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(mark));
  await rename(`${path}.new`, path);
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : String(error);
}

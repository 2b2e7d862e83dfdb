import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UsageError } from '../read-options.ts';

/** What is imported: a file or standard input, unpacked if it is gzip. */
export interface Source extends AsyncDisposable {
  /** How many bytes it has on disk. */
  readonly totalBytes: number;
  /** How many of them were read so far. */
  readonly bytesRead: () => number;
  /** Its content, from the beginning. */
  read(): AsyncIterable<Uint8Array>;
  /** SHA-256 of its content, unpacked: the same file gives the same digest, packed or not. Reads it once more. */
  digest(): Promise<Uint8Array>;
}

/**
 * Opens a source. Standard input is first kept in a temporary file: ids are made of the digest of the whole, and that is
 * known only at its end.
 *
 * @param options.signal ends what reads the whole: the keeping of standard input, and the digest
 * @throws UsageError when it cannot be read; AbortError when it was aborted
 */
export async function openSource(
  file: string,
  { input, signal }: { input: NodeJS.ReadableStream; signal: AbortSignal },
): Promise<Source> {
  if (file !== '-') return openFile(file, signal);
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tandem-import-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const kept = join(folder, 'input');
  await pipeline(input, createWriteStream(kept, { mode: 0o600 }), { signal });
  const source = await openFile(kept, signal);
  const owned = cleanup.move();
  return { ...source, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function openFile(path: string, signal: AbortSignal): Promise<Source> {
  const totalBytes = await readSize(path);
  const packed = await isGzip(path);
  let bytesRead = 0;
  const count = (bytes: number) => {
    bytesRead += bytes;
  };
  let digest: Promise<Uint8Array> | undefined;
  return {
    totalBytes,
    bytesRead: () => bytesRead,
    read: () => readContent(path, { packed, count }),
    digest: () => {
      digest ??= hashContent(readContent(path, { packed, count: () => {} }), signal);
      return digest;
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function readSize(path: string): Promise<number> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}`);
  });
  if (found.isDirectory()) throw new UsageError(`cannot read ${path}: it is a folder`);
  return found.size;
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${error.code}`);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b;
  } finally {
    await file.close();
  }
}

async function* readContent(
  path: string,
  { packed, count }: { packed: boolean; count: (bytes: number) => void },
): AsyncGenerator<Uint8Array> {
  const raw = createReadStream(path, { highWaterMark: 256 * 1024 });
  raw.on('data', (chunk) => count(chunk.length));
  if (!packed) {
    yield* raw;
    return;
  }
  const unpacked = createGunzip({ chunkSize: 256 * 1024 });
  const fed = pipeline(raw, unpacked);
  fed.catch(() => {}); // The reader below gets the same error.
  try {
    yield* unpacked;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!code?.startsWith('Z_')) throw error;
    throw new UsageError(`the gzip data of ${path} is damaged or ends early (${code})`);
  }
}

async function hashContent(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    signal.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest();
}

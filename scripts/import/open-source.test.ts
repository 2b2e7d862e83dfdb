import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openSource, type Source } from './open-source.ts';

const signal = new AbortController().signal;
const noInput = { input: Readable.from([]), signal };

function useFile(name: string, content: Uint8Array | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'source-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function readText(source: Source): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const text = '{"title":"ä"}\n'.repeat(100_000);

describe('a source', () => {
  it('is the same, digest included, as a file, packed, and from standard input', async () => {
    await using plain = await openSource(useFile('rows.ndjson', text), noInput);
    await using packed = await openSource(useFile('rows.ndjson.gz', gzipSync(text)), noInput);
    await using input = await openSource('-', { input: Readable.from([Buffer.from(text)]), signal });
    await using packedInput = await openSource('-', { input: Readable.from([gzipSync(text)]), signal });
    const digest = await plain.digest();
    for (const source of [plain, packed, input, packedInput]) {
      expect(await readText(source)).toBe(text);
      expect(await source.digest()).toEqual(digest);
      expect(source.bytesRead()).toBe(source.totalBytes);
    }
  });

  it('leaves nothing of standard input behind', async () => {
    const folder = dirname(useFile('unused', ''));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const source = await openSource('-', { input: Readable.from(['x']), signal });
    expect(readdirSync(folder)).toHaveLength(2);
    await source[Symbol.asyncDispose]();
    expect(readdirSync(folder)).toEqual(['unused']);
  });

  it('names a file that is not there, a folder, and damaged gzip data', async () => {
    await expect(openSource('/no/such/file', noInput)).rejects.toThrow(
      'cannot read /no/such/file: there is no such file',
    );
    await expect(openSource(tmpdir(), noInput)).rejects.toThrow('it is a folder');
    await using cut = await openSource(useFile('cut.gz', gzipSync(text).subarray(0, 500)), noInput);
    await expect(readText(cut)).rejects.toThrow('damaged or ends early');
  });

  it('stops keeping standard input, and leaves nothing of it, when it is told to', async () => {
    const folder = dirname(useFile('unused', ''));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const stop = new AbortController();
    const input = new PassThrough();
    input.write('{}\n');
    const opening = openSource('-', { input, signal: stop.signal });
    stop.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(folder)).toEqual(['unused']);
  });

  it('stops its digest when it is told to', async () => {
    const stop = new AbortController();
    await using source = await openSource(useFile('rows.ndjson', text), {
      input: Readable.from([]),
      signal: stop.signal,
    });
    const digest = source.digest();
    stop.abort();
    await expect(digest).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('may be empty', async () => {
    await using source = await openSource(useFile('empty', ''), noInput);
    expect(await readText(source)).toBe('');
  });
});

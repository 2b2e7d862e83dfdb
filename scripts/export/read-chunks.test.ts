import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import type { ExportChunk, ExportSource } from './export-source.ts';
import { readChunks } from './read-chunks.ts';

const patience = { firstMs: 5_000, laterMs: 5_000, pauseMs: 1 };
const broken = new ConnectError('gone', Code.Unavailable);

/** Five chunks with the cursors 1 to 5; each stream breaks after two of them, or throws `failure` at once. */
function makeSource(failure?: ConnectError) {
  const opened: string[] = [];
  async function* open(cursor: string): AsyncGenerator<ExportChunk> {
    opened.push(cursor);
    if (failure) throw failure;
    const begin = Number(cursor) + 1;
    for (let n = begin; n < begin + 2 && n <= 5; n += 1) yield { count: 1, text: '{}\n', cursor: `${n}` };
    if (begin + 2 <= 5) throw broken;
  }
  return { source: { open }, opened };
}

async function read(source: Pick<ExportSource, 'open'>, cursor: string) {
  const seen: string[] = [];
  const options = { source, cursor, signal: new AbortController().signal, onRetry: () => {}, patience };
  for await (const chunk of readChunks(options)) seen.push(chunk.cursor);
  return seen;
}

describe('reading chunks', () => {
  it('opens a stream that broke again after the last chunk', async () => {
    const { source, opened } = makeSource();
    expect(await read(source, '')).toEqual(['1', '2', '3', '4', '5']);
    expect(opened).toEqual(['', '2', '4']);
  });

  it('goes on from the cursor that it is given', async () => {
    expect(await read(makeSource().source, '3')).toEqual(['4', '5']);
  });

  it('gives up on what waiting does not mend', async () => {
    const { source, opened } = makeSource(new ConnectError('no', Code.InvalidArgument));
    await expect(read(source, '')).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(opened).toEqual(['']);
  });
});

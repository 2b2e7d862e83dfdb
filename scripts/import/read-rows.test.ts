import { describe, expect, it } from 'vitest';
import { isBad, type RowFormat, readRows } from './read-rows.ts';

const format: RowFormat<{ title: string }> = {
  maxLineBytes: 40,
  maxRowBytes: 12,
  async parse(json) {
    const { title, ...rest } = JSON.parse(json) as { title: string };
    if (Object.keys(rest).length > 0) throw new Error(`key "${Object.keys(rest)[0]}" is unknown`);
    return { title };
  },
  sizeOf: ({ title }) => title.length,
};

/** Every way of cutting the bytes must read the same; here into pieces of the given size. */
async function read(content: string | Uint8Array, pieceBytes = 7): Promise<unknown[]> {
  const bytes = Buffer.from(content);
  const pieces = (async function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  })();
  const seen: unknown[] = [];
  for await (const row of readRows(pieces, format)) {
    seen.push(isBad(row) ? [row.line, row.row, row.reason, row.message] : [row.line, row.row, row.message.title]);
  }
  return seen;
}

describe('reading rows', () => {
  it.each([1, 2, 7, 1000])(
    'takes a BOM, CR LF, blank lines and a last line without end, in pieces of %i bytes',
    async (piece) => {
      expect(await read('\uFEFF{"title":"ä"}\r\n\r\n  \n{"title":"b"}\n\uFEFF\n{"title":"c"}', piece)).toEqual([
        [1, 0, 'ä'],
        [4, 1, 'b'],
        [6, 2, 'c'],
      ]);
    },
  );

  it('makes a bad row of what cannot be read and goes on', async () => {
    const broken = Buffer.concat([
      Buffer.from('{"title":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n{"title":"ok"}\n'),
    ]);
    expect(await read(broken)).toEqual([
      [1, 0, 'REQUEST_UNREADABLE', 'the line is not valid UTF-8'],
      [2, 1, 'ok'],
    ]);
    expect(await read('{"title":\n{"titel":1}\n{"title":"ok"}')).toEqual([
      [1, 0, 'REQUEST_UNREADABLE', expect.stringContaining('JSON')],
      [2, 1, 'REQUEST_UNREADABLE', 'key "titel" is unknown'],
      [3, 2, 'ok'],
    ]);
  });

  it.each([3, 1000])('makes a bad row of a line that is too long and goes on, in pieces of %i bytes', async (piece) => {
    const long = `{"title":"${'x'.repeat(500)}"}`;
    expect(await read(`${long}\n{"title":"ok"}\n${long}`, piece)).toEqual([
      [1, 0, 'REQUEST_UNREADABLE', 'the line is longer than 40 bytes'],
      [2, 1, 'ok'],
      [3, 2, 'REQUEST_UNREADABLE', 'the line is longer than 40 bytes'],
    ]);
  });

  it('takes a line of exactly the longest length', async () => {
    const line = `{"title":"ok"}${' '.repeat(26)}`;
    expect(await read(`${line}\n${line} \n`)).toEqual([
      [1, 0, 'ok'],
      [2, 1, 'REQUEST_UNREADABLE', 'the line is longer than 40 bytes'],
    ]);
  });

  it('makes a bad row of one that no message can hold', async () => {
    expect(await read(`{"title":"${'x'.repeat(13)}"}`)).toEqual([
      [1, 0, 'REQUEST_UNREADABLE', 'the row takes 13 bytes, more than the 12 of a message'],
    ]);
  });

  it('reads nothing from nothing', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n\n')).toEqual([]);
  });
});

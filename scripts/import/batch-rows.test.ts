import { describe, expect, it } from 'vitest';
import { type Batch, batchRows } from './batch-rows.ts';
import type { BadRow, Row } from './read-rows.ts';

const limits = { rowsPerBatch: 6, rowsPerMessage: 3, bytesPerMessage: 100, bytesPerBatch: 250 };

async function cut(sizes: readonly (number | 'bad')[]): Promise<Batch<string>[]> {
  const rows = (async function* (): AsyncGenerator<Row<string> | BadRow> {
    for (const [row, bytes] of sizes.entries()) {
      const place = { row, line: row + 1 };
      yield bytes === 'bad' ? { ...place, reason: 'R', message: 'm' } : { ...place, message: `row ${row}`, bytes };
    }
  })();
  const batches: Batch<string>[] = [];
  for await (const batch of batchRows(rows, limits)) batches.push(batch);
  return batches;
}

const numbers = (batch: Batch<string> | undefined) => batch?.messages.map((rows) => rows.map(({ row }) => row));

describe('batches', () => {
  it('hold no more rows than a reply can name failures, the bad ones counted', async () => {
    const batches = await cut([1, 1, 'bad', 1, 1, 1, 1]);
    expect(batches.map(numbers)).toEqual([
      [
        [0, 1, 3],
        [4, 5],
      ],
      [[6]],
    ]);
    expect(batches[0]?.bad.map(({ row }) => row)).toEqual([2]);
  });

  it('cut messages by bytes as well as rows, and give a large row its own', async () => {
    expect((await cut([60, 40, 1, 99, 150])).map(numbers)).toEqual([[[0, 1], [2, 3], [4]]]);
  });

  it('end when they would take too much memory', async () => {
    expect((await cut([90, 90, 90, 90])).map(numbers)).toEqual([[[0], [1], [2]], [[3]]]);
  });

  it('are there for bad rows alone', async () => {
    expect((await cut(['bad'])).map((batch) => [batch.messages.length, batch.bad.length])).toEqual([[0, 1]]);
  });
});

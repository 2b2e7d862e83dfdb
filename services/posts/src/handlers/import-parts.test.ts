import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../domain/import-plan.ts';
import { TransactionEnded } from '../store/store.ts';
import { prepareAhead, splitForCommits, writeOrHalve } from './import-parts.ts';

const rowOf = (id: number, content?: string): ImportRow => ({
  id: `p${id}`,
  idIsChosen: true,
  authorId: 'a1',
  title: 'Soup',
  content,
  tags: [],
  language: undefined,
  published: undefined,
  createTime: undefined,
  publishTime: undefined,
});
const rows = (count: number, content?: string) => Array.from({ length: count }, (_, index) => rowOf(index, content));
const idsOf = (part: readonly ImportRow[]) => part.map(({ id }) => id);

describe('splitForCommits', () => {
  const sizes = (parts: Iterable<ImportRow[]>) => Array.from(parts, (part) => part.length);

  it('keeps parts within 250 rows and 256 KiB of contents, but for a single row', () => {
    expect(sizes(splitForCommits(rows(550)))).toEqual([250, 250, 50]);
    expect(sizes(splitForCommits(rows(5, 'ж'.repeat(60_000))))).toEqual([2, 2, 1]);
    expect(sizes(splitForCommits(rows(2, 'x'.repeat(2 ** 20))))).toEqual([1, 1]);
  });

  it('counts the contents that are there as well as those that come', () => {
    const there = new Map(rows(60).map(({ id }) => [id, 25_000]));
    expect(sizes(splitForCommits(rows(60), there))).toEqual([10, 10, 10, 10, 10, 10]);
    expect(sizes(splitForCommits(rows(10, 'x'.repeat(25_000)), there))).toEqual([5, 5]);
  });
});

describe('prepareAhead', () => {
  const parts = [rows(1), rows(2), rows(3)];

  it('gives each part when it is prepared, and prepares the next meanwhile', async () => {
    const events: string[] = [];
    const prepare = async (part: readonly ImportRow[]) => {
      if (part.length > 0) events.push(`prepare ${part.length}`);
    };
    for await (const part of prepareAhead(parts, prepare)) events.push(`take ${part.length}`);
    expect(events).toEqual(['prepare 1', 'prepare 2', 'take 1', 'prepare 3', 'take 2', 'take 3']);
  });

  it('fails at the turn of the part that cannot be prepared, and leaves no failure unheard', async () => {
    const taken: number[] = [];
    const prepare = async (part: readonly ImportRow[]) => {
      if (part.length > 1) throw new Error(`cannot prepare ${part.length}`);
    };
    const taking = (async () => {
      for await (const part of prepareAhead(parts, prepare)) taken.push(part.length);
    })();
    await expect(taking).rejects.toThrow('cannot prepare 2');
    expect(taken).toEqual([1]);
    for await (const part of prepareAhead(parts, prepare)) if (part.length === 1) break;
  });
});

describe('writeOrHalve', () => {
  const outcomesOf = (part: readonly ImportRow[]) =>
    part.map(({ id }) => ({ reason: 'ID_TAKEN' as const, message: id }));
  const endingOver = (most: number, error: Error = new TransactionEnded(undefined)) => {
    const written: string[][] = [];
    const alone: string[] = [];
    const writers = {
      inTransaction: async (part: readonly ImportRow[]) => {
        if (part.length > most) throw error;
        written.push(idsOf(part));
        return outcomesOf(part);
      },
      alone: async (row: ImportRow) => {
        alone.push(row.id);
        return outcomesOf([row]);
      },
    };
    return { written, alone, writers };
  };

  it('halves a part that the database ended until its pieces go in, each once and in order', async () => {
    const { written, alone, writers } = endingOver(2);
    expect(await writeOrHalve(rows(9), writers)).toEqual(outcomesOf(rows(9)));
    expect(written.flat()).toEqual(idsOf(rows(9)));
    expect(Math.max(...written.map(({ length }) => length))).toBe(2);
    expect(alone).toEqual([]);
  });

  it('writes without a transaction what is too much for one by itself', async () => {
    const { alone, writers } = endingOver(0);
    expect(await writeOrHalve(rows(3), writers)).toEqual(outcomesOf(rows(3)));
    expect(alone).toEqual(idsOf(rows(3)));
  });

  it('lets any other failure pass at once', async () => {
    const { written, alone, writers } = endingOver(0, new Error('broken'));
    await expect(writeOrHalve(rows(4), writers)).rejects.toThrow('broken');
    expect([written, alone]).toEqual([[], []]);
  });
});

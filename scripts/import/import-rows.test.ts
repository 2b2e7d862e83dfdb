import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import type { DuplicateMode } from './import-arguments.ts';
import { importRows, type Totals } from './import-rows.ts';
import type { ImportReply, ImportTarget } from './import-target.ts';
import type { BadRow } from './read-rows.ts';
import { createRetrier } from './retry-transient.ts';

type TestRow = { id: string; title: string };

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** What is imported, with the duplicate rules of the contract, and connections that break when told. */
class FakeService implements ImportTarget<TestRow> {
  readonly stored = new Map<string, string>();
  readonly sent: number[][] = [];
  /** Before each stream: how many of its rows are taken in before it breaks, or undefined when it does not. */
  breaks: (number | undefined)[] = [];
  failure = new ConnectError('connection dropped', Code.Unavailable);
  readonly format = {
    maxLineBytes: 1000,
    maxRowBytes: 1000,
    parse: async (json: string) => JSON.parse(json) as TestRow,
    sizeOf: () => 10,
  };

  async send(messages: readonly (readonly TestRow[])[], { onDuplicate }: { onDuplicate: DuplicateMode }) {
    const rows = messages.flat();
    this.sent.push(messages.map((message) => message.length));
    const breakAfter = this.breaks.shift();
    const reply = { imported: 0n, updated: 0n, skipped: 0n, failures: [] as ImportReply['failures'][number][] };
    for (const [row, { id, title }] of rows.entries()) {
      if (row === breakAfter) throw this.failure;
      if (title === '') reply.failures.push({ row: BigInt(row), reason: 'FIELD_INVALID', message: 'title' });
      else if (!this.stored.has(id)) reply.imported += 1n;
      else if (onDuplicate === 'skip') reply.skipped += 1n;
      else if (onDuplicate === 'update') reply.updated += 1n;
      else reply.failures.push({ row: BigInt(row), reason: 'ID_TAKEN', message: 'taken' });
      if (title !== '' && (onDuplicate === 'update' || !this.stored.has(id))) this.stored.set(id, title);
    }
    return reply;
  }

  async findExisting(ids: readonly string[]) {
    return new Set(ids.filter((id) => this.stored.has(id)));
  }

  async [Symbol.asyncDispose]() {}
}

const line = (n: number, title = `t${n}`) => JSON.stringify({ id: idOf(n), title });
const lines = (count: number) => Array.from({ length: count }, (_, n) => line(n)).join('\n');

async function run(service: FakeService, content: string, onDuplicate: DuplicateMode = 'skip') {
  const bad: BadRow[] = [];
  const settled: Totals[] = [];
  const signal = new AbortController().signal;
  const patience = { firstMs: 300, laterMs: 1_000, pauseMs: 1 };
  const retry = createRetrier({ patience, signal, onRetry: () => {} });
  const onSettled = (totals: Totals, batchBad: readonly BadRow[]) => {
    settled.push(totals);
    bad.push(...batchBad);
  };
  const input = (async function* () {
    yield Buffer.from(content);
  })();
  const totals = await importRows(input, { target: service, onDuplicate, signal, retry, onSettled });
  return { totals, bad, settled };
}

describe('an import', () => {
  it('sends streams of at most 1000 rows in messages of at most 500', async () => {
    const service = new FakeService();
    const { totals, settled } = await run(service, lines(2300));
    expect(service.sent).toEqual([[500, 500], [500, 500], [300]]);
    expect(totals).toMatchObject({ rows: 2300, imported: 2300, refused: 0, lastLine: 2300, sentAgain: false });
    expect(settled.map(({ rows }) => rows)).toEqual([1000, 2000, 2300]);
  });

  it('tells the lines of refused rows, over blank lines, streams and rows that were never sent', async () => {
    const content = ['', line(1), 'nonsense', line(2, ''), '', line(3), line(4, '')].join('\r\n');
    const { totals, bad } = await run(new FakeService(), content);
    expect(totals).toMatchObject({ rows: 5, imported: 2, refused: 3 });
    expect(bad.map((row) => [row.line, row.row, row.reason])).toEqual([
      [3, 1, 'REQUEST_UNREADABLE'],
      [4, 2, 'FIELD_INVALID'],
      [7, 4, 'FIELD_INVALID'],
    ]);
  });

  it.each(['skip', 'update', 'error'] as const)(
    'sends a broken stream again and doubles nothing (%s)',
    async (mode) => {
      const service = new FakeService();
      service.breaks = [undefined, 300, 700];
      const { totals, bad } = await run(service, lines(2300), mode);
      expect(service.sent).toEqual([[500, 500], [500, 500], [500, 500], [500, 500], [300]]);
      expect(service.stored.size).toBe(2300);
      expect(totals).toMatchObject({ rows: 2300, refused: 0, sentAgain: true });
      expect(totals.imported + totals.updated + totals.skipped).toBe(2300);
      expect(bad).toEqual([]);
    },
  );

  it('still refuses real duplicates after a stream was sent again', async () => {
    const service = new FakeService();
    service.stored.set(idOf(5), 'there before');
    service.breaks = [8];
    const content = `${lines(10)}\n${line(3)}`;
    const { totals, bad } = await run(service, content, 'error');
    expect(totals).toMatchObject({ imported: 9, refused: 2 });
    expect(bad.map((row) => [row.line, row.reason])).toEqual([
      [6, 'ID_TAKEN'],
      [11, 'ID_TAKEN'],
    ]);
  });

  it('ends with an error that is not about the connection, saying what was settled', async () => {
    const service = new FakeService();
    service.breaks = [undefined, 0];
    const details = [{ desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: 'INTERNAL' }) }];
    service.failure = new ConnectError('a defect', Code.Internal, undefined, details);
    await expect(run(service, lines(1500))).rejects.toThrow('a defect');
    expect(service.sent.length).toBe(2);
  });

  it('gives up when the service stays away', async () => {
    const service = new FakeService();
    service.breaks = Array(10_000).fill(0);
    await expect(run(service, lines(3))).rejects.toThrow('connection dropped');
    expect(service.sent.length).toBeGreaterThan(3);
  });
});

import { describe, expect, it } from 'vitest';
import { TandemError } from './errors.ts';
import { createImportMeter, takeImport, writeCheckedRows } from './take-import.ts';

type Message = Parameters<typeof takeImport<string, readonly string[]>>[0] extends AsyncIterable<infer M> ? M : never;
const options: Message = { payload: { case: 'options', value: { onDuplicate: 2 } } };
const rows = (...value: string[]): Message => ({ payload: { case: 'rows', value: { rows: value } } });

async function take(...messages: Message[]) {
  return takeAll(messagesOf(...messages));
}

async function takeAll(messages: AsyncIterable<Message>) {
  const meter = createImportMeter({ info: () => {} });
  const reply = await takeImport(messages, {
    checkRows: async (value) => value,
    takeRows: async (taken, rule) =>
      taken.map((row) => (row === 'bad' ? { reason: 'FIELD_INVALID', message: rule } : 'imported')),
    meter,
    call: { requestId: 'x', signal: new AbortController().signal },
  });
  const { values } = await meter.rows.get();
  return { reply, counted: Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value])) };
}

describe('takeImport', () => {
  it('hands on the rows of each message under the rule of the options, and counts outcomes', async () => {
    const { reply, counted } = await take(options, rows('a', 'bad'), rows('b', 'bad'));
    expect(reply).toMatchObject({ imported: 2n, failed: 2n });
    expect(reply.failures).toEqual([
      { row: 1n, reason: 'FIELD_INVALID', message: 'skip' },
      { row: 3n, reason: 'FIELD_INVALID', message: 'skip' },
    ]);
    expect(counted).toEqual({ imported: 2, failed: 2 });
  });

  it.each([
    ['without a message', []],
    ['that begins with rows', [rows('a')]],
    ['that names options twice', [options, options]],
  ])('refuses a stream %s', async (_, messages) => {
    await expect(take(...messages)).rejects.toMatchObject({ reason: 'FIELD_INVALID' });
  });
});

describe('takeImport while rows are taken in', () => {
  it('has asked for the next message', async () => {
    const { promise: asked, resolve: nowAsked } = Promise.withResolvers<void>();
    async function* messages() {
      yield* [options, rows('a')];
      nowAsked();
      yield rows('b');
    }
    const imported = takeImport(messages(), {
      checkRows: async (value) => value,
      async takeRows(taken) {
        await asked;
        return taken.map(() => 'imported');
      },
      meter: createImportMeter({ info: () => {} }),
      call: { requestId: 'x', signal: new AbortController().signal },
    });
    expect(await imported).toMatchObject({ imported: 2n });
  });
});

describe('takeImport, message by message', () => {
  const takeNoting = (events: string[], failing?: string) =>
    takeImport(messagesOf(options, rows('a'), rows('b'), rows('c')), {
      checkRows: async ([row = '']) => {
        events.push(`check ${row}`);
        if (row === failing) throw new Error(`cannot check ${row}`);
        return row;
      },
      takeRows: async (row) => {
        await new Promise(setImmediate);
        events.push(`take ${row}`);
        return ['imported'];
      },
      meter: createImportMeter({ info: () => {} }),
      call: { requestId: 'x', signal: new AbortController().signal },
    });

  it('checks the next rows while those before are taken in', async () => {
    const events: string[] = [];
    expect(await takeNoting(events)).toMatchObject({ imported: 3n });
    expect(events).toEqual(['check a', 'check b', 'take a', 'check c', 'take b', 'take c']);
  });

  it('tells what a check throws when all rows before are in', async () => {
    const events: string[] = [];
    await expect(takeNoting(events, 'b')).rejects.toThrow('cannot check b');
    expect(events).toEqual(['check a', 'check b', 'take a']);
  });
});

describe('takeImport on a server that drains', () => {
  it('says how many rows are in, and what became of them', async () => {
    async function* messages() {
      yield* [options, rows('a', 'bad', 'b')];
      throw new TandemError('DRAINING', 'The server is shutting down.');
    }
    await expect(takeAll(messages())).rejects.toMatchObject({
      reason: 'DRAINING',
      message: expect.stringContaining('first 3 rows (2 imported, 0 updated, 0 skipped, 1 failed)'),
      metadata: { rows_taken: '3', imported: '2', updated: '0', skipped: '0', failed: '1' },
    });
  });
});

describe('takeImport when the grace of a drain is over', () => {
  const drained = new TandemError('DRAINING', 'The server is shutting down.');

  it.each([
    ['by a store that answers nobody', () => new Promise<never>(() => {})],
    ['by a store that has its own word for it', () => Promise.reject(new TandemError('STORE_UNAVAILABLE', 'gone'))],
  ])('says how many rows are in, the rest given up %s', async (_, giveUp) => {
    const caller = new AbortController();
    const taken = takeImport(messagesOf(options, rows('a', 'b'), rows('c')), {
      checkRows: async (value) => value,
      takeRows: async (all) => {
        if (all.length > 1) return all.map(() => 'imported');
        caller.abort(drained);
        return giveUp();
      },
      meter: createImportMeter({ info: () => {} }),
      call: { requestId: 'x', signal: caller.signal },
    });
    await expect(taken).rejects.toMatchObject({
      reason: 'DRAINING',
      message: expect.stringContaining('with SKIP, as some of them may be in'),
      metadata: { rows_taken: '2', imported: '2' },
    });
  });
});

async function* messagesOf(...messages: Message[]) {
  yield* messages;
}

describe('writeCheckedRows', () => {
  const refusal = { reason: 'FIELD_INVALID', message: 'bad' };

  it('puts the outcomes of good rows back among the refusals of bad ones', async () => {
    const written: object[] = [];
    const outcomes = await writeCheckedRows<object>([{ id: 1 }, refusal, { id: 2 }], async (rows) => {
      written.push(...rows);
      return ['imported', 'skipped'];
    });
    expect(written).toEqual([{ id: 1 }, { id: 2 }]);
    expect(outcomes).toEqual(['imported', refusal, 'skipped']);
  });

  it('writes nothing without a good row', async () => {
    const write = () => Promise.reject(new Error('written'));
    expect(await writeCheckedRows([refusal], write)).toEqual([refusal]);
  });

  it('does not make up an outcome', async () => {
    await expect(writeCheckedRows<object>([{ id: 1 }], async () => [])).rejects.toThrow('fewer outcomes than rows');
  });
});

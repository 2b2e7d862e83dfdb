import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { ExportUsersRequestSchema, ExportUsersResponseSchema } from '@tandem/contracts/users';
import { createCursors } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertUser, makeRow } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { exportUsers } from './export-users.ts';
import { refusalOf } from './testing/call-handler.ts';

const store = createPostgresUserStore(usePool(await useUsersDatabase()));
const handler = exportUsers({ reader: store.reader, cursors: createCursors([Buffer.alloc(32, 1)]) });
type Chunk = MessageShape<typeof ExportUsersResponseSchema>;

async function* open(init: MessageInitShape<typeof ExportUsersRequestSchema>): AsyncGenerator<Chunk> {
  for await (const reply of handler(create(ExportUsersRequestSchema, init), makeCall())) {
    yield create(ExportUsersResponseSchema, reply as MessageInitShape<typeof ExportUsersResponseSchema>);
  }
}

async function collect(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const idsOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ users }) => users.map(({ id }) => id));

describe('ExportUsers', () => {
  const ids = Array.from({ length: 25 }, () => randomUUID()).sort();

  beforeAll(async () => {
    const rows = ids.map((id, n) => makeRow({ id, isActive: n % 5 > 0 }));
    await store.transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
  });

  it('gives everyone once, by id, in chunks of the size asked for', async () => {
    const chunks = await collect(open({ chunkSize: 10 }));
    expect(chunks.map(({ users }) => users.length)).toEqual([10, 10, 5]);
    expect(idsOf(chunks)).toEqual(ids);
    expect(await collect(open({}))).toMatchObject([{ users: { length: 25 } }]);
    expect(idsOf(await collect(open({ filter: { isActive: false } })))).toHaveLength(5);
  });

  it('goes on after each of its cursors, and after the last with who came since', async () => {
    const chunks = await collect(open({ chunkSize: 10 }));
    for (const [index, { cursor }] of chunks.entries()) {
      expect(idsOf(await collect(open({ cursor })))).toEqual(ids.slice((index + 1) * 10));
    }
    const id = 'ffffffff-ffff-4fff-bfff-fffffffffff0';
    await insertUser(store, { id });
    expect(idsOf(await collect(open({ cursor: chunks.at(-1)?.cursor ?? '' })))).toEqual([id]);
  });

  it('refuses a cursor that is none, or of another filter', async () => {
    const [first] = await collect(open({ chunkSize: 10 }));
    const filter = { isActive: true };
    const refused = [open({ cursor: 'none' }), open({ cursor: first?.cursor ?? '', filter })];
    for (const chunks of refused) {
      expect(await refusalOf(collect(chunks))).toMatchObject({ reason: 'CURSOR_INVALID' });
    }
  });

  it('reads a chunk only when it is asked for one', async () => {
    let reads = 0;
    const reader: Pick<typeof store.reader, 'readChunk'> = {
      readChunk: (query, call) => {
        reads += 1;
        return store.reader.readChunk(query, call);
      },
    };
    const watched = exportUsers({ reader, cursors: createCursors([Buffer.alloc(32, 1)]) });
    const request = create(ExportUsersRequestSchema, { chunkSize: 5 });
    const chunks = watched(request, makeCall())[Symbol.asyncIterator]();
    await chunks.next();
    expect(reads).toBe(1);
    await chunks.next();
    await chunks.return?.();
    expect(reads).toBe(2);
  });
});

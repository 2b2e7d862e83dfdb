import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { ExportPostsRequestSchema, ExportPostsResponseSchema } from '@tandem/contracts/posts';
import { createCursors, TandemError } from '@tandem/rpc';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { insertPosts, makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { exportPosts } from './export-posts.ts';

const { store } = await usePostsStore();
const cursors = createCursors([Buffer.alloc(32, 1)]);
const handler = exportPosts({ reader: store.reader, cursors });
type Chunk = MessageShape<typeof ExportPostsResponseSchema>;
type Request = MessageInitShape<typeof ExportPostsRequestSchema>;

async function* open(init: Request, call = makeCall()): AsyncGenerator<Chunk> {
  for await (const reply of handler(create(ExportPostsRequestSchema, init), call)) {
    yield create(ExportPostsResponseSchema, reply as MessageInitShape<typeof ExportPostsResponseSchema>);
  }
}

async function collect(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const idsOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ posts }) => posts.map(({ id }) => id));

describe('ExportPosts', () => {
  const authorId = randomUUID();
  const filter = { authorId };
  const ids = Array.from({ length: 25 }, () => randomUUID()).sort();

  beforeAll(() =>
    insertPosts(
      store,
      ids.map((id, n) => makePost({ id, authorId, published: n % 5 > 0 })),
    ),
  );

  it('gives each post once, in full, by id, in chunks of the size asked for', async () => {
    const chunks = await collect(open({ chunkSize: 10 }));
    expect(chunks.map(({ posts }) => posts.length)).toEqual([10, 10, 5]);
    expect(idsOf(chunks)).toEqual(ids);
    expect(chunks[0]?.posts[0]).toMatchObject({ content: 'Some content', etag: '1' });
    expect(await collect(open({}))).toMatchObject([{ posts: { length: 25 } }]);
    expect(await collect(open({ chunkSize: 25 }))).toHaveLength(1);
    expect(idsOf(await collect(open({ filter: { published: false } })))).toHaveLength(5);
    expect(await collect(open({ filter: { authorId: randomUUID() } }))).toEqual([]);
  });

  it('goes on after each of its cursors, with another chunk size too, and after the last with what came since', async () => {
    const chunks = await collect(open({ filter, chunkSize: 10 }));
    for (const [index, { cursor }] of chunks.entries()) {
      expect(idsOf(await collect(open({ filter, cursor, chunkSize: 7 })))).toEqual(ids.slice((index + 1) * 10));
    }
    const id = 'ffffffff-ffff-4fff-bfff-fffffffffff0';
    await insertPosts(store, [makePost({ id, authorId })]);
    expect(idsOf(await collect(open({ filter, cursor: chunks.at(-1)?.cursor ?? '' })))).toEqual([id]);
  });

  it('refuses a cursor that is none, of another filter, or of another caller', async () => {
    const [first] = await collect(open({ filter, chunkSize: 10 }));
    const cursor = first?.cursor ?? '';
    const refused = [
      open({ cursor: 'none' }),
      open({ cursor }),
      open({ cursor, filter: { authorId: randomUUID() } }),
      open({ cursor, filter }, makeCall({ caller: 'another' })),
    ];
    for (const chunks of refused) expect(await reasonOf(collect(chunks))).toBe('CURSOR_INVALID');
  });

  it('ends a chunk early rather than exceed a message', async () => {
    const large = randomUUID();
    const posts = Array.from({ length: 9 }, () => makePost({ authorId: large, content: 'y'.repeat(1_000_000) }));
    for (const post of posts) await insertPosts(store, [post]);
    const chunks = await collect(open({ filter: { authorId: large } }));
    expect(chunks.map(({ posts: { length } }) => length)).toEqual([4, 4, 1]);
    expect(idsOf(chunks)).toEqual(posts.map(({ id }) => id).sort());
  });

  it('reads a chunk only when it is asked for one, as of one moment', async () => {
    let reads = 0;
    const reader: Pick<typeof store.reader, 'export'> = {
      export: (wanted, call) => {
        reads += 1;
        return store.reader.export(wanted, call);
      },
    };
    const watched = exportPosts({ reader, cursors });
    const chunks = watched(create(ExportPostsRequestSchema, { filter, chunkSize: 5 }), makeCall())[
      Symbol.asyncIterator
    ]();
    await chunks.next();
    expect(reads).toBe(1);
    await chunks.next();
    await chunks.return?.();
    expect(reads).toBe(2);
  });

  it('shows what was there when its reading began', async () => {
    const author = randomUUID();
    const posts = Array.from({ length: 205 }, () => makePost({ authorId: author })).sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
    await insertPosts(store, posts);
    const wanted = { filter: { authorId: author }, afterId: undefined, limit: 1000 };
    const seen: string[] = [];
    for await (const { id } of store.reader.export(wanted, makeCall())) {
      seen.push(id);
      const last = posts.at(-1);
      if (seen.length > 1 || last === undefined) continue;
      await store.transaction(makeCall(), async (tx) => {
        await tx.posts.delete(last);
        return {};
      });
    }
    expect(seen).toEqual(posts.map(({ id }) => id));
  });

  it('ends with the reason of the call’s end', async () => {
    const controller = new AbortController();
    const chunks = open({ filter, chunkSize: 5 }, makeCall({ signal: controller.signal }));
    await chunks.next();
    controller.abort(new TandemError('DRAINING', 'The server is being stopped.'));
    expect(await reasonOf(chunks.next())).toBe('DRAINING');
  });
});

import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type ImportPostRow, ImportPostRowSchema } from '@tandem/contracts/posts';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { OnDuplicate } from '../domain/import-plan.ts';
import { type PostStore, TransactionEnded } from '../store/store.ts';
import { insertPosts, makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { checkChunk } from './check-chunk.ts';
import { importChunk } from './import-chunk.ts';

const { store } = await usePostsStore();
const authorId = randomUUID();
const authors = {
  findMany: async (ids: readonly string[]) =>
    new Map(ids.map((id) => [id, { isActive: true, bytes: new Uint8Array() }])),
};
const rowOf = (fields: MessageInitShape<typeof ImportPostRowSchema> = {}) =>
  create(ImportPostRowSchema, { id: randomUUID(), authorId, title: 'Row', ...fields });

/** The store, with each transaction's changes and the contents that it read noted, and ended by the server where it is told so. */
function watchTransactions({ ended = false } = {}) {
  const sizes: number[] = [];
  const contentsRead: string[] = [];
  const watched: Pick<PostStore, 'prepare' | 'transaction' | 'withoutTransaction' | 'reader'> = {
    reader: store.reader,
    prepare: store.prepare,
    withoutTransaction: store.withoutTransaction,
    transaction: (call, work) =>
      store.transaction(call, async (tx) => {
        const { posts } = tx;
        const noting = {
          ...posts,
          findMany: (ids: readonly string[], options: { contentsOf: readonly string[] }) => {
            contentsRead.push(...options.contentsOf);
            return posts.findMany(ids, options);
          },
          updateMany: (revisions: Parameters<typeof posts.updateMany>[0]) => {
            sizes.push(revisions.length);
            return posts.updateMany(revisions);
          },
        };
        const result = await work({ ...tx, posts: noting });
        if (ended) throw new TransactionEnded(undefined);
        return result;
      }),
  };
  return { sizes, contentsRead, store: watched };
}

const importInto = async (
  into: ReturnType<typeof watchTransactions>['store'],
  rows: readonly ImportPostRow[],
  onDuplicate: OnDuplicate,
) => {
  const call = makeCall();
  const chunk = await checkChunk(rows, { authors, newId: randomUUID }, call);
  return importChunk(chunk, { store: into, now: () => Date.now() }, { onDuplicate, call });
};
const read = (id: string) => store.reader.get(id, makeCall());

describe('the rows of one message', () => {
  it('are committed in parts that the contents which are there bound too', async () => {
    const posts = Array.from({ length: 7 }, () => makePost({ authorId, content: 'leek '.repeat(15_000) }));
    await insertPosts(store, posts);
    const { sizes, store: watched } = watchTransactions();
    const rows = posts.map(({ id }) => rowOf({ id, title: 'Titled' }));
    expect(await importInto(watched, rows, 'update')).toEqual(posts.map(() => 'updated'));
    expect(sizes).toEqual([3, 3, 1]);
    for (const { id, content } of posts) expect(await read(id)).toMatchObject({ title: 'Titled', content, version: 2 });
  });

  it('read a content that is there only to compare it with one that comes', async () => {
    const posts = Array.from({ length: 2 }, () => makePost({ authorId }));
    await insertPosts(store, posts);
    const [first = rowOf(), second = rowOf()] = posts.map(({ id }) => rowOf({ id, content: 'Leeks' }));
    const { contentsRead, store: watched } = watchTransactions();
    for (const rule of ['skip', 'error'] as const) await importInto(watched, [first, second], rule);
    expect(contentsRead).toEqual([]);
    await importInto(watched, [first, rowOf({ id: second.id })], 'update');
    expect(contentsRead).toEqual([first.id]);
  });

  it('all go in where the database ends every transaction', async () => {
    const there = makePost({ authorId, content: 'Old' });
    await insertPosts(store, [there]);
    const rows = [
      rowOf({ content: 'New' }),
      rowOf({ id: there.id, content: 'Newer' }),
      rowOf({ id: there.id }),
      rowOf({ authorId: randomUUID(), id: there.id.toUpperCase() }),
    ];
    const { store: watched } = watchTransactions({ ended: true });
    const outcomes = await importInto(watched, rows, 'update');
    expect(outcomes).toMatchObject(['imported', 'updated', { reason: 'ID_TAKEN' }, { reason: 'ID_TAKEN' }]);
    expect(await read(rows[0]?.id ?? '')).toMatchObject({ title: 'Row', content: 'New', version: 1 });
    expect(await read(there.id)).toMatchObject({ title: 'Row', content: 'Newer', version: 2 });
    expect(await importInto(watched, rows.slice(0, 2), 'skip')).toEqual(['skipped', 'skipped']);
    expect(await importInto(watched, rows.slice(0, 1), 'error')).toMatchObject([{ reason: 'ID_TAKEN' }]);
  });

  it('are kept from ids that are reserved, and from authors who are ended, also without a transaction', async () => {
    const { store: watched } = watchTransactions({ ended: true });
    const [reserved, orphan] = [makePost(), rowOf({ authorId: randomUUID() })];
    await store.transaction(makeCall(), async ({ reservations }) => {
      await reservations.insert(reserved);
      return {};
    });
    expect(await importInto(watched, [rowOf({ id: reserved.id })], 'update')).toMatchObject([
      { reason: 'REQUEST_IN_PROGRESS' },
    ]);
    const endedMeanwhile: typeof watched = {
      ...watched,
      withoutTransaction: (call, work) =>
        store.withoutTransaction(call, ({ authors, ...writers }) => {
          const admit = async (ids: readonly string[]) => {
            const ended = await authors.admit(ids);
            await store.transaction(call, async (tx) => ({ end: await tx.authors.end(orphan.authorId) }));
            return ended;
          };
          return work({ ...writers, authors: { ...authors, admit } });
        }),
    };
    expect(await importInto(endedMeanwhile, [orphan], 'error')).toMatchObject([{ reason: 'AUTHOR_NOT_FOUND' }]);
    expect(await read(orphan.id)).toBeUndefined();
  });

  it('lose no change to each other where they are written without a transaction', async () => {
    const there = makePost({ authorId, title: 'Before' });
    await insertPosts(store, [there]);
    const { store: watched } = watchTransactions({ ended: true });
    const titles = ['a', 'b', 'c', 'd'];
    const answers = await Promise.all(
      titles.map((title) => importInto(watched, [rowOf({ id: there.id, title })], 'update')),
    );
    expect(answers.flat()).toEqual(titles.map(() => 'updated'));
    expect((await read(there.id))?.version).toBe(5);
  });
});

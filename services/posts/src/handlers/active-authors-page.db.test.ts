import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { insertPosts, makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { listActiveAuthors } from './active-authors-page.ts';

const { store } = await usePostsStore();

/** Pages of posts whose authors are all gone, each time asked for in so long. */
async function readPage({ askMs, deadlineMs }: { askMs: number; deadlineMs: number }) {
  const authorId = randomUUID();
  await insertPosts(
    store,
    Array.from({ length: 30 }, () => makePost({ authorId })),
  );
  let now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const authors = {
    async findMany() {
      now += askMs;
      return new Map();
    },
  };
  const order = { field: 'create_time', descending: true } as const;
  const listing = { filter: { authorId }, order, limit: 10, after: undefined, withContent: false };
  return listActiveAuthors({ reader: store.reader, authors }, listing, makeCall({ deadline: now + deadlineMs }));
}

it('a page that is not full reads on while there is time for eight times as much, else it goes on at the next call', async () => {
  expect(await readPage({ askMs: 500, deadlineMs: 10_000 })).toEqual({ items: [], next: undefined });
  const { items, next } = await readPage({ askMs: 500, deadlineMs: 4_000 });
  expect(items).toEqual([]);
  expect(next).toBeDefined();
});

import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { matchesFilter } from '../../domain/matches-filter.ts';
import type { FullPost, PostFilter } from '../../domain/post.ts';
import type { PostNews } from '../post-changes.ts';
import type { PostStore } from '../store.ts';
import { collect, insertPosts, makePost } from './store-calls.ts';

/** Who watches, message by message. Leaves at the end of the test. */
export interface Watcher {
  /** The next news, signs of life too. */
  next(): Promise<PostNews>;
  /** The next change, and where it is. */
  nextEvent(): Promise<{ kind: string; post: FullPost; position: string }>;
  leave(reason?: Error): Promise<void>;
}

/** Begins to watch and waits for the first news, where nothing is to be gone on from. */
export async function openWatch(
  { changes }: Pick<PostStore, 'changes'>,
  { filter = {}, after }: { filter?: PostFilter; after?: string } = {},
): Promise<Watcher> {
  const controller = new AbortController();
  const call = { deadline: Number.POSITIVE_INFINITY, signal: controller.signal };
  const news = changes.watch({ filter, after }, call)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await news.next();
    if (done) throw new Error('The watch ended.');
    return value;
  };
  const leave = async (reason = new Error('The watcher left.')) => {
    controller.abort(reason);
    await news.return?.();
  };
  onTestFinished(() => leave());
  if (after === undefined) await next();
  return {
    next,
    leave,
    async nextEvent() {
      for (;;) {
        const { event, position } = await next();
        if (event !== undefined) return { kind: event.kind, post: event.post as FullPost, position };
      }
    },
  };
}

export function describeChanges(getStore: () => PostStore): void {
  describe('changes', () => {
    const authorId = randomUUID();
    const filter = { authorId, published: true };
    const make = (fields: Partial<FullPost> = {}) => makePost({ authorId, ...fields });
    const revise = (before: FullPost, fields: Partial<FullPost>) => {
      const after = { ...before, ...fields, version: before.version + 1 };
      return getStore()
        .transaction(makeCall(), async ({ posts }) => {
          await posts.updateMany([{ before, after }]);
          return {};
        })
        .then(() => after);
    };

    it('tell of what comes into the filter, stays and leaves, in order', async () => {
      const watcher = await openWatch(getStore(), { filter });
      const draft = make({ published: false });
      await insertPosts(getStore(), [draft, makePost()]);
      const open = await revise(draft, { published: true, content: 'Łódź' });
      const edited = await revise(open, { title: 'Edited' });
      await revise(edited, { published: false, title: 'Secret' });
      expect(await watcher.nextEvent()).toMatchObject({ kind: 'created', post: open });
      expect(await watcher.nextEvent()).toMatchObject({ kind: 'updated', post: edited });
      expect(await watcher.nextEvent()).toMatchObject({ kind: 'deleted', post: { ...edited, content: undefined } });
    });

    it('of one transaction are gone on from between them', async () => {
      const watcher = await openWatch(getStore(), { filter });
      const posts = Array.from({ length: 5 }, (_, n) => make({ title: `Post ${n}` }));
      await insertPosts(getStore(), posts);
      const seen = [await watcher.nextEvent(), await watcher.nextEvent()];
      const last = await watcher.nextEvent();
      await watcher.leave();
      const again = await openWatch(getStore(), { filter, after: last.position });
      expect([...seen, last, await again.nextEvent(), await again.nextEvent()].map(({ post }) => post)).toEqual(posts);
    });

    it('begin now: what was committed before is not told', async () => {
      await insertPosts(getStore(), [make({ title: 'Before' })]);
      const other = await openWatch(getStore(), { filter });
      await insertPosts(getStore(), [make({ title: 'Between' })]);
      const watcher = await openWatch(getStore(), { filter });
      await insertPosts(getStore(), [make({ title: 'After' })]);
      expect((await watcher.nextEvent()).post.title).toBe('After');
      expect((await other.nextEvent()).post.title).toBe('Between');
    });

    it('end with the reason of the call', async () => {
      const watcher = await openWatch(getStore(), { filter });
      const waiting = watcher.nextEvent();
      const told = expect(waiting).rejects.toThrow('The time is over.');
      await watcher.leave(new Error('The time is over.'));
      await told;
    });

    describe('are told by the same filter that lists are read by', () => {
      const [anna, ben] = [randomUUID(), randomUUID()];
      const tag = `tag-${randomUUID()}`;
      const posts = Array.from({ length: 24 }, (_, n) =>
        makePost({
          authorId: n % 2 ? anna : ben,
          tags: n % 3 ? [tag, 'x'] : ['X'],
          language: n % 5 ? 'en' : 'fr',
          published: n % 7 > 2,
          createTime: 1_000 + n,
        }),
      );
      beforeAll(() => insertPosts(getStore(), posts));

      it.each<[string, PostFilter]>([
        ['author', { authorId: anna }],
        ['authors', { authorIds: [anna, ben] }],
        ['author and authors', { authorId: anna, authorIds: [ben] }],
        ['tags', { tags: [tag, 'none'] }],
        ['state', { authorIds: [anna, ben], published: false }],
        ['language', { authorIds: [anna, ben], language: 'fr' }],
        ['times', { authorIds: [anna, ben], createdAfter: 1_004, createdBefore: 1_011 }],
        ['empty lists', { authorId: ben, authorIds: [], tags: [] }],
      ])('by %s', async (_, asked) => {
        const order = { field: 'create_time', descending: false } as const;
        const listing = { filter: asked, order, after: undefined, limit: 100, withContent: false };
        const listed = await collect(getStore().reader.list(listing, makeCall()));
        expect(posts.filter((post) => matchesFilter(asked, post)).map(({ id }) => id)).toEqual(
          listed.map(({ post }) => post.id),
        );
      });
    });
  });
}

import { ReadConsistency } from '@tandem/contracts/options';
import { AuthorState, type GetPostResponse, PostStatsGroupBy, PostView } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { answerOf, expectRefused, expectReply, pickClient } from './ask.ts';
import { via } from './mutation.ts';
import {
  type KnownPost,
  makeCommand,
  type PostsCommand,
  type PostsModel,
  type PostsWorld,
  slot,
  toView,
  withoutContent,
} from './posts-model.ts';
import { select, selection, toFilter } from './select-posts.ts';

const consistency = fc.constantFrom(ReadConsistency.UNSPECIFIED, ReadConsistency.STRONG, ReadConsistency.EVENTUAL);

const get = fc.record({ slot, consistency, via }).map((args) =>
  makeCommand('get', args, async ({ model, replicas }) => {
    const id = model.idOf(args.slot);
    const answer = await answerOf(pickClient(replicas, args.via).getPost({ id, consistency: args.consistency }));
    const post = model.posts.get(id);
    if (post === undefined) expectRefused(answer, ['POST_NOT_FOUND']);
    else expect(toView(expectReply<GetPostResponse>(answer).post)).toEqual(post.view);
  }),
);

const batchGet = fc.record({ slots: fc.array(slot, { minLength: 1, maxLength: 8 }), consistency, via }).map((args) =>
  makeCommand('batchGet', args, async ({ model, replicas }) => {
    const ids = args.slots.map((slot) => model.idOf(slot));
    const reply = await pickClient(replicas, args.via).batchGetPosts({ ids, consistency: args.consistency });
    const once = [...new Set(ids)];
    expect(reply.posts.map(toView)).toEqual(once.flatMap((id) => model.posts.get(id)?.view ?? []));
    expect(reply.missingIds).toEqual(once.filter((id) => !model.posts.has(id)));
  }),
);

type Key = (post: KnownPost, model: PostsModel) => string | number;

/** Who was never published comes before all who were. */
const orders: Record<string, Key> = {
  title: (post, model) => model.foldedTitleOf(post),
  create_time: ({ view }) => view.createMs,
  update_time: ({ view }) => view.updateMs,
  publish_time: ({ view }) => view.publishMs ?? Number.NEGATIVE_INFINITY,
};

const listing = fc.record({
  selection,
  field: fc.constantFrom(...Object.keys(orders)),
  descending: fc.boolean(),
  pageSize: fc.integer({ min: 1, max: 4 }),
  view: fc.constantFrom(PostView.UNSPECIFIED, PostView.BASIC, PostView.FULL),
  via,
});
type Listing = typeof listing extends fc.Arbitrary<infer T> ? T : never;

function compare<T extends string | number>(left: T, right: T): number {
  return left < right ? -1 : Number(left > right);
}

function sortAsListed({ selection, field, descending }: Listing, model: PostsModel): KnownPost[] {
  const key = orders[field] ?? (() => 0);
  const sorted = select(selection, model).sort(
    (left, right) => compare(key(left, model), key(right, model)) || compare(left.view.id, right.view.id),
  );
  return descending ? sorted.reverse() : sorted;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: string;
  readonly totalSize?: number | undefined;
}

/** All pages, each from the other replica than the one before; all but the last are full. */
async function readPages<Item>(
  { pageSize, via }: Listing,
  readPage: (pageToken: string, via: number) => Promise<Page<Item>>,
): Promise<{ items: Item[]; totalSize: number | undefined }> {
  const items: Item[] = [];
  let page: Page<Item> = { items: [], nextPageToken: '' };
  for (let pages = 0; pages === 0 || page.nextPageToken !== ''; pages += 1) {
    page = await readPage(page.nextPageToken, via + pages);
    if (page.nextPageToken === '') expect(page.items.length).toBeLessThanOrEqual(pageSize);
    else expect(page.items.length).toBe(pageSize);
    items.push(...page.items);
  }
  return { items, totalSize: page.totalSize };
}

function toListRequest({ selection, field, descending, pageSize, view }: Listing, model: PostsModel) {
  const orderBy = `${field} ${descending ? 'desc' : 'asc'}`;
  return { filter: toFilter(selection, model), orderBy, pageSize, view, includeTotalSize: true };
}

const shownAs = (view: PostView) =>
  view === PostView.FULL ? (post: KnownPost) => post.view : (post: KnownPost) => withoutContent(post.view);

const list = listing.map((args) =>
  makeCommand('list', args, async ({ model, replicas }) => {
    const expected = sortAsListed(args, model);
    const request = toListRequest(args, model);
    const { items, totalSize } = await readPages(args, async (pageToken, via) => {
      const { posts, ...page } = await pickClient(replicas, via).listPosts({ ...request, pageToken });
      return { items: posts, ...page };
    });
    expect(items.map(toView)).toEqual(expected.map(shownAs(args.view)));
    expect(totalSize).toBe(expected.length);
  }),
);

const listWithAuthors = fc.record({ listing, activeAuthorsOnly: fc.boolean() }).map((args) =>
  makeCommand('listWithAuthors', args, async ({ model, replicas }) => {
    const { listing, activeAuthorsOnly } = args;
    const stateOf = ({ view }: KnownPost) => model.authorById(view.authorId)?.state ?? 'deleted';
    const all = sortAsListed(listing, model);
    const expected = activeAuthorsOnly ? all.filter((post) => stateOf(post) === 'active') : all;
    const request = { ...toListRequest(listing, model), activeAuthorsOnly };
    const { items } = await readPages(listing, async (pageToken, via) =>
      pickClient(replicas, via).listPostsWithAuthors({ ...request, pageToken }),
    );
    const states = { active: AuthorState.OK, inactive: AuthorState.INACTIVE, deleted: AuthorState.NOT_FOUND };
    expect(items.map(({ post, author, authorState }) => [toView(post), author?.id, authorState])).toEqual(
      expected.map((post) => {
        const state = stateOf(post);
        return [shownAs(listing.view)(post), state === 'deleted' ? undefined : post.view.authorId, states[state]];
      }),
    );
  }),
);

/** What a post is counted under. */
const groupings: Record<number, (post: KnownPost) => readonly string[]> = {
  [PostStatsGroupBy.AUTHOR]: ({ view }) => [view.authorId],
  [PostStatsGroupBy.MONTH]: ({ view }) => [new Date(view.createMs).toISOString().slice(0, 7)],
  [PostStatsGroupBy.TAG]: ({ view }) => view.tags,
  [PostStatsGroupBy.LANGUAGE]: ({ view }) => [view.language],
};

function countGroups(posts: readonly KnownPost[], keysOf: (post: KnownPost) => readonly string[]) {
  const groups = new Map<string, { key: string; total: bigint; published: bigint }>();
  for (const post of posts) {
    for (const key of keysOf(post)) {
      const group = groups.get(key) ?? { key, total: 0n, published: 0n };
      groups.set(key, { key, total: group.total + 1n, published: group.published + (post.view.published ? 1n : 0n) });
    }
  }
  return [...groups.values()].sort((left, right) => Number(right.total - left.total) || compare(left.key, right.key));
}

const count = fc
  .record({ selection, groupBy: fc.constantFrom(...Object.keys(groupings).map(Number)), topN: fc.nat({ max: 3 }), via })
  .map((args) =>
    makeCommand('count', args, async ({ model, replicas }) => {
      const client = pickClient(replicas, args.via);
      const filter = toFilter(args.selection, model);
      const expected = select(args.selection, model);
      expect((await client.countPosts({ filter })).count).toBe(BigInt(expected.length));
      const { total, published, groups } = await client.getPostStats({
        filter,
        groupBy: args.groupBy,
        topN: args.topN,
      });
      expect(total).toBe(BigInt(expected.length));
      expect(published).toBe(BigInt(expected.filter(({ view }) => view.published).length));
      const all = countGroups(expected, groupings[args.groupBy] ?? (() => []));
      const shown = groups.map(({ key, total, published }) => ({ key, total, published }));
      expect(shown).toEqual(all.slice(0, args.topN || 20));
    }),
  );

const exportAll = fc
  .record({ selection, chunkSize: fc.integer({ min: 1, max: 3 }), stopsAfter: fc.nat({ max: 4 }), via })
  .map((args) =>
    makeCommand('export', args, async ({ model, replicas }) => {
      const filter = toFilter(args.selection, model);
      const exported = [];
      let cursor = '';
      // Gone on from the cursor of a chunk, at the other replica.
      for (const [n, chunks] of [args.stopsAfter, Number.POSITIVE_INFINITY].entries()) {
        let seen = 0;
        const request = { filter, chunkSize: args.chunkSize, cursor };
        for await (const chunk of pickClient(replicas, args.via + n).exportPosts(request)) {
          expect(chunk.posts.length).toBeLessThanOrEqual(args.chunkSize);
          exported.push(...chunk.posts.map(toView));
          cursor = chunk.cursor;
          seen += 1;
          if (seen === chunks) break;
        }
        if (seen < chunks) break;
      }
      const expected = select(args.selection, model).map(({ view }) => view);
      expect(exported).toEqual(expected.sort((left, right) => compare(left.id, right.id)));
    }),
  );

/** Each with how often it is drawn. */
export const readCommands: { weight: number; arbitrary: fc.Arbitrary<PostsCommand> }[] = [
  { weight: 3, arbitrary: get },
  { weight: 3, arbitrary: batchGet },
  { weight: 5, arbitrary: list },
  { weight: 3, arbitrary: listWithAuthors },
  { weight: 3, arbitrary: count },
  { weight: 2, arbitrary: exportAll },
];

/** What is left of a run: every post, and nothing else of its authors. */
export async function comparePosts({ model, replicas }: PostsWorld): Promise<void> {
  const client = pickClient(replicas, 0);
  const { posts } = await client.batchGetPosts({ ids: [...model.ids], consistency: ReadConsistency.STRONG });
  expect(posts.map(toView)).toEqual(model.ids.flatMap((id) => model.posts.get(id)?.view ?? []));
  const { totalSize } = await client.listPosts({
    filter: { authorIds: model.authors.map(({ id }) => id) },
    includeTotalSize: true,
  });
  expect(totalSize).toBe(model.posts.size);
}

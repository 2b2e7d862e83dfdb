import { Matching } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { pickClient } from './ask.ts';
import { via } from './mutation.ts';
import {
  type KnownPost,
  makeCommand,
  type PostsCommand,
  type PostsModel,
  toView,
  withoutContent,
  word,
} from './posts-model.ts';

/** A query with what the model says that it finds; `a` and `b` are words of this run. */
interface Query {
  readonly text: (a: string, b: string) => string;
  readonly matches: (view: KnownPost['view'], a: string, b: string) => boolean;
  readonly matching?: Matching;
}

const has = ({ title, content }: KnownPost['view'], word: string) => `${title} ${content}`.split(' ').includes(word);
const folded = (tags: readonly string[]) => tags.map((tag) => tag.toLowerCase());

const queries: Readonly<Record<string, Query>> = {
  one: { text: (a) => a.toUpperCase(), matches: (view, a) => has(view, a) },
  any: { text: (a, b) => `${a} ${b}`, matches: (view, a, b) => has(view, a) || has(view, b) },
  all: { text: (a, b) => `${a} ${b}`, matching: Matching.ALL, matches: (view, a, b) => has(view, a) && has(view, b) },
  phrase: {
    text: (a, b) => `"${a} ${b}"`,
    matches: ({ title, content }, a, b) => [title, content].some((text) => ` ${text} `.includes(` ${a} ${b} `)),
  },
  without: { text: (a, b) => `${a} -${b}`, matches: (view, a, b) => has(view, a) && !has(view, b) },
  inTitle: { text: (a) => `title:${a}`, matches: ({ title }, a) => title.split(' ').includes(a) },
  tag: {
    text: (a) => `${a} tag:GO`,
    matching: Matching.ALL,
    matches: (view, a) => has(view, a) && folded(view.tags).includes('go'),
  },
  longTag: { text: () => 'tag:"two words"', matches: ({ tags }) => tags.includes('two words') },
};

/** Visible as soon as the write is acknowledged; unpublished ones only where they are asked for. */
const search = fc
  .record({
    kind: fc.constantFrom(...Object.keys(queries)),
    words: fc.tuple(word, word),
    published: fc.constantFrom(undefined, true, false),
    orderBy: fc.constantFrom('', 'create_time', 'create_time desc'),
    pageSize: fc.integer({ min: 1, max: 4 }),
    via,
  })
  .map((args) =>
    makeCommand('search', args, async ({ model, replicas }) => {
      const query = queries[args.kind];
      if (query === undefined) throw new Error(`There is no query ${args.kind}.`);
      const [a, b] = args.words.map((n) => model.words[n] ?? '') as [string, string];
      const { published = true } = args;
      const expected = [...model.posts.values()]
        .map(({ view }) => view)
        .filter((view) => view.published === published && query.matches(view, a, b));
      const request = {
        query: query.text(a, b),
        matching: query.matching ?? Matching.UNSPECIFIED,
        filter: { authorIds: authorIdsOf(model), ...(args.published === undefined ? {} : { published }) },
        orderBy: args.orderBy,
        pageSize: args.pageSize,
        includeTotalSize: true,
      };
      const hits = [];
      let page: { nextPageToken: string; totalSize?: number | undefined } = { nextPageToken: '' };
      for (let pages = 0; pages === 0 || page.nextPageToken !== ''; pages += 1) {
        const client = pickClient(replicas, args.via + pages);
        const reply = await client.searchPosts({ ...request, pageToken: page.nextPageToken });
        hits.push(...reply.hits);
        page = reply;
        expect([reply.totalSize, reply.totalSizeExact]).toEqual([expected.length, true]);
      }
      const found = hits.map(({ post }) => toView(post));
      expect(found.toSorted(byId)).toEqual(expected.map(withoutContent).toSorted(byId));
      expectOrdered(
        hits.map(({ score }, n) => ({ score, createMs: found[n]?.createMs ?? 0 })),
        args.orderBy,
      );
    }),
  );

const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);

function expectOrdered(hits: readonly { score: number; createMs: number }[], orderBy: string): void {
  const key = orderBy === '' ? 'score' : 'createMs';
  const values = hits.map((hit) => hit[key]);
  const sorted = values.toSorted((left, right) => left - right);
  expect(values).toEqual(orderBy === 'create_time' ? sorted : sorted.reverse());
}

const authorIdsOf = (model: PostsModel) => model.authors.map(({ id }) => id);

/** Each with how often it is drawn. */
export const searchCommands: { weight: number; arbitrary: fc.Arbitrary<PostsCommand> }[] = [
  { weight: 6, arbitrary: search },
];

import { randomUUID } from 'node:crypto';
import { AuthorState } from '@tandem/contracts/posts';
import { beforeAll, describe, expect, it } from 'vitest';
import { importRows } from '../testing/send-import.ts';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';
import { laterField } from '../testing/users-stub.ts';

const { client, users } = await usePostsService();
const tag = `tag-${randomUUID()}`;
const filter = { tags: [tag] };
const [active, inactive, gone] = [users.addAuthor(), users.addAuthor(), users.addAuthor()];

beforeAll(async () => {
  const rows = Array.from({ length: 90 }, (_, index) => ({
    authorId: [active, inactive, gone][index % 3] ?? '',
    title: `Post ${index}`,
    content: 'Leeks and soup',
    tags: [tag],
    published: true,
  }));
  expect(await importRows(client, rows)).toMatchObject({ imported: 90n, failed: 0n });
  users.setActive(inactive, false);
  users.removeAuthor(gone);
});

describe('ListPosts', () => {
  it('pages through everything once, BASIC, and counts when asked', async () => {
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await client.listPosts({ filter, pageSize: 20, pageToken, includeTotalSize: pageToken === '' });
      expect(page.totalSize).toBe(pageToken === '' ? 90 : undefined);
      seen.push(...page.posts.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(new Set(seen).size).toBe(90);
    expect(seen).toHaveLength(90);
  });

  it('refuses a token of other arguments, of another method, and one of nobody', async () => {
    const { nextPageToken: pageToken } = await client.listPosts({ filter, pageSize: 5 });
    expect(await reasonOf(client.listPosts({ filter, pageToken, orderBy: 'title' }))).toBe('PAGE_TOKEN_MISMATCH');
    expect(await reasonOf(client.listPosts({ filter, pageToken, view: 2 }))).toBe('PAGE_TOKEN_MISMATCH');
    expect((await client.listPosts({ filter, pageToken, pageSize: 7 })).posts).toHaveLength(7);
    expect(await reasonOf(client.listPostsWithAuthors({ filter, pageToken }))).toBe('PAGE_TOKEN_INVALID');
    expect(await reasonOf(client.listPosts({ filter, pageToken: 'x' }))).toBe('PAGE_TOKEN_INVALID');
    expect(await reasonOf(client.listPosts({ orderBy: 'content' }))).toBe('ORDER_BY_INVALID');
    expect(await reasonOf(client.listPosts({ pageSize: -1 }))).toBe('FIELD_INVALID');
  });
});

describe('ListPostsWithAuthors', () => {
  it('says of each author what is known, by one request a page', async () => {
    const before = users.calls;
    const { items, totalSize } = await client.listPostsWithAuthors({ filter, pageSize: 60, includeTotalSize: true });
    expect(users.calls - before).toBe(1);
    expect([items.length, totalSize]).toEqual([60, 90]);
    const states = new Map(items.map(({ post, authorState, author }) => [post?.authorId, [authorState, author?.id]]));
    expect(states.get(active)).toEqual([AuthorState.OK, active]);
    expect(states.get(inactive)).toEqual([AuthorState.INACTIVE, inactive]);
    expect(states.get(gone)).toEqual([AuthorState.NOT_FOUND, undefined]);
  });

  it('hands an author on as the users service gave him, with what only a later release of it knows', async () => {
    const { items } = await client.listPostsWithAuthors({ filter: { ...filter, authorId: active }, pageSize: 1 });
    expect(items[0]?.author).toMatchObject({ id: active, name: `Author ${active}`, isActive: true });
    expect(items[0]?.author?.$unknown).toEqual([laterField]);
  });

  it('may share a request with other pages, and never asks more than one a page', async () => {
    const before = users.calls;
    const pages = await Promise.all(
      [active, inactive, gone].map((authorId) => client.listPostsWithAuthors({ filter: { ...filter, authorId } })),
    );
    expect(users.calls - before).toBeLessThanOrEqual(3);
    const states = pages.map(({ items }) => [...new Set(items.map(({ authorState }) => authorState))]);
    expect(states).toEqual([[AuthorState.OK], [AuthorState.INACTIVE], [AuthorState.NOT_FOUND]]);
  });

  it.each(['down', 'slow'] as const)(
    'brings the posts within the deadline while the users service is %s',
    async (how) => {
      users.behave(how);
      const { items } = await client.listPostsWithAuthors({ filter, pageSize: 10 }, { timeoutMs: 4_000 });
      expect(items).toHaveLength(10);
      expect(new Set(items.map(({ authorState }) => authorState))).toEqual(new Set([AuthorState.UNAVAILABLE]));
      const only = client.listPostsWithAuthors({ filter, activeAuthorsOnly: true }, { timeoutMs: 4_000 });
      expect(await reasonOf(only)).toBe('PEER_UNAVAILABLE');
    },
  );

  it('keeps pages full when authors are filtered out', async () => {
    const sizes: number[] = [];
    const seen = new Set<string | undefined>();
    let pageToken = '';
    do {
      const page = await client.listPostsWithAuthors({ filter, pageSize: 8, activeAuthorsOnly: true, pageToken });
      expect(page.items.every(({ authorState }) => authorState === AuthorState.OK)).toBe(true);
      sizes.push(page.items.length);
      for (const { post } of page.items) seen.add(post?.id);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen.size).toBe(30);
    expect(sizes).toEqual([8, 8, 8, 6]);
  });

  it('asks a few times for a page, however many authors are filtered out', async () => {
    const few = { tags: [`few-${tag}`] };
    const made = Array.from({ length: 300 }, () => users.addAuthor());
    const rows = made.map((authorId, index) => ({ authorId, title: `${1_000 + index}`, tags: few.tags }));
    await importRows(client, rows);
    for (const author of made.slice(0, 280)) users.setActive(author, false);
    const page = { filter: few, orderBy: 'title', pageSize: 10, activeAuthorsOnly: true };
    const calls = users.calls;
    const { items, nextPageToken: pageToken } = await client.listPostsWithAuthors(page);
    expect(items.map(({ post }) => post?.authorId)).toEqual(made.slice(280, 290));
    // Of 20, 160 and then all others.
    expect(users.calls - calls).toBe(3);
    expect((await client.listPostsWithAuthors({ ...page, pageToken })).items).toHaveLength(10);
    expect(users.calls - calls).toBe(4);
  });

  it('reads a bounded number of posts, then goes on by token', async () => {
    const nobody = { tags: [`none-${tag}`] };
    const rows = Array.from({ length: 900 }, (_, index) => ({
      authorId: active,
      title: `None ${index}`,
      tags: nobody.tags,
    }));
    for (let streams = 0; streams < 6; streams += 1) await importRows(client, rows);
    const calls = users.calls;
    users.setActive(active, false);
    try {
      const page = await client.listPostsWithAuthors({ filter: nobody, pageSize: 50, activeAuthorsOnly: true });
      expect(page.items).toEqual([]);
      expect(page.nextPageToken).not.toBe('');
      expect(users.calls - calls).toBe(1);
      const rest = await client.listPostsWithAuthors({
        filter: nobody,
        pageSize: 50,
        activeAuthorsOnly: true,
        pageToken: page.nextPageToken,
      });
      expect([rest.items.length, rest.nextPageToken]).toEqual([0, '']);
    } finally {
      users.setActive(active, true);
    }
  });
});

import { randomUUID } from 'node:crypto';
import { AuthorState, OnDuplicate, PostStatsGroupBy, PostView } from '@tandem/contracts/posts';
import { beforeAll, describe, expect, it } from 'vitest';
import { importStream } from './pair/import-stream.ts';
import { refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

/** For what a slow machine takes longer for than callers wait by default. */
const patient = { timeoutMs: 30_000 };

describe('posts, through the generated client', async () => {
  const { users, posts, postsService } = await usePair();
  const author = randomUUID();
  const inactive = randomUUID();

  beforeAll(async () => {
    await users.createUser({ email: 'author@e2e.example', name: 'Author', userId: author });
    const rows = [{ id: inactive, email: 'inactive@e2e.example', name: 'Inactive', isActive: false }];
    await users.importUsers(importStream(OnDuplicate.ERROR, rows));
  });

  const draft = (title: string) => ({
    authorId: author,
    title,
    content: `About ${title}.`,
    tags: ['e2e'],
    language: '',
  });

  it('creates a post and reads it back, alone and in a batch', async () => {
    const { post } = await posts.createPost({ ...draft('First'), tags: ['Go', 'go', 'Go'], published: true });
    expect(post).toMatchObject({
      authorId: author,
      title: 'First',
      content: 'About First.',
      tags: ['Go', 'go'],
      language: 'en',
      published: true,
    });
    expect(post?.publishTime).toEqual(post?.createTime);
    expect((await posts.getPost({ id: post!.id.toUpperCase() })).post).toEqual(post);
    const missing = randomUUID();
    const batch = await posts.batchGetPosts({ ids: [missing, post!.id, post!.id] });
    expect(batch).toMatchObject({ posts: [post], missingIds: [missing] });
  });

  it('asks for an author who exists and is active', async () => {
    expect(await refusalOf(posts.createPost({ ...draft('A'), authorId: randomUUID() }))).toMatchObject({
      code: 'FailedPrecondition',
      reason: 'AUTHOR_NOT_FOUND',
      domain: 'posts.tandem',
    });
    expect(await refusalOf(posts.createPost({ ...draft('A'), authorId: inactive }))).toMatchObject({
      code: 'FailedPrecondition',
      reason: 'AUTHOR_INACTIVE',
    });
  });

  it('refuses an id that is taken and a post that is not there', async () => {
    const postId = randomUUID();
    await posts.createPost({ ...draft('Mine'), postId });
    expect(await refusalOf(posts.createPost({ ...draft('Mine too'), postId }))).toMatchObject({
      code: 'AlreadyExists',
      reason: 'ID_TAKEN',
    });
    expect(await refusalOf(posts.getPost({ id: randomUUID() }))).toMatchObject({
      code: 'NotFound',
      reason: 'POST_NOT_FOUND',
    });
  });

  it.each([
    ['a title of nothing visible', { title: '\u200b' }, ['title']],
    ['a long title', { title: 'x'.repeat(301) }, ['title']],
    ['a long tag', { tags: ['x'.repeat(65)] }, ['tags[0]']],
    ['too many tags', { tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, ['tags']],
    ['a language that is none', { language: 'eng' }, ['language']],
    ['content beyond 1 MiB', { content: 'é'.repeat(524_289) }, ['content']],
    ['a control character in the content', { content: 'a\u0000b' }, ['content']],
  ])('refuses %s', async (_, part, fields) => {
    const refusal = await refusalOf(posts.createPost({ ...draft('T'), ...part }));
    expect(refusal).toMatchObject({ code: 'InvalidArgument', reason: 'FIELD_INVALID', fields });
  });

  it('takes content of exactly 1 MiB with tabs and line ends, and gives it back', async () => {
    const content = `\t\r\n${'x'.repeat(1_048_576 - 3)}`;
    const { post } = await posts.createPost({ ...draft('Large'), content }, patient);
    expect((await posts.getPost({ id: post!.id })).post?.content).toBe(content);
  });

  it('answers a batch beyond 4 MiB with RESPONSE_TOO_LARGE, and cuts a FULL page instead', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const huge = { ...draft(`Huge ${n}`), tags: ['huge'], content: 'y'.repeat(1_000_000) };
      const { post } = await posts.createPost(huge, patient);
      ids.push(post!.id);
    }
    expect(await refusalOf(posts.batchGetPosts({ ids }))).toMatchObject({
      code: 'FailedPrecondition',
      reason: 'RESPONSE_TOO_LARGE',
    });
    const seen: string[] = [];
    let pageToken = '';
    let pages = 0;
    do {
      const page = await posts.listPosts({ filter: { tags: ['huge'] }, view: PostView.FULL, pageToken });
      seen.push(...page.posts.map(({ id }) => id));
      pageToken = page.nextPageToken;
      pages += 1;
    } while (pageToken !== '');
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(pages).toBeGreaterThan(1);
  });

  it('lists in every order and both directions, page by page, each post once, drafts too', async () => {
    const made = [];
    for (let n = 0; n < 7; n += 1) {
      made.push((await posts.createPost({ ...draft(`List ${n}`), tags: ['list'], published: n % 2 === 0 })).post!.id);
    }
    for (const field of ['create_time', 'update_time', 'publish_time', 'title']) {
      for (const direction of ['asc', 'desc']) {
        const seen: string[] = [];
        let pageToken = '';
        do {
          const page = await posts.listPosts({
            filter: { tags: ['list', 'none'] },
            orderBy: `${field} ${direction}`,
            pageSize: 2,
            pageToken,
            includeTotalSize: true,
          });
          expect(page.totalSize).toBe(7);
          expect(page.posts.every(({ content }) => content === undefined)).toBe(true);
          seen.push(...page.posts.map(({ id }) => id));
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        expect(seen.toSorted()).toEqual(made.toSorted());
      }
    }
    expect(await refusalOf(posts.listPosts({ orderBy: 'content' }))).toMatchObject({ reason: 'ORDER_BY_INVALID' });
    const published = await posts.listPosts({ filter: { tags: ['list'], published: true, authorIds: [author] } });
    expect(published.posts).toHaveLength(4);
  });

  it('lists posts with their authors', async () => {
    const { items } = await posts.listPostsWithAuthors({
      filter: { authorId: author },
      activeAuthorsOnly: true,
      pageSize: 3,
    });
    expect(items).toHaveLength(3);
    for (const item of items) {
      expect(item.authorState).toBe(AuthorState.OK);
      expect(item.author?.email).toBe('author@e2e.example');
    }
  });

  it('imports by the rule for duplicates, checks authors, and says what became of each row', async () => {
    const row = (n: number, title = `Row ${n}`) => ({
      id: `0193b7d2-1111-7000-8000-00000000000${n}`,
      authorId: author,
      title,
    });
    const run = (onDuplicate: OnDuplicate, ...messages: { title: string; authorId: string }[][]) =>
      posts.importPosts(importStream(onDuplicate, ...messages));
    const first = await run(
      OnDuplicate.ERROR,
      [row(1), { ...row(2), authorId: randomUUID() }, { ...row(3), authorId: inactive }],
      [row(1), row(4, '')],
    );
    expect(first).toMatchObject({ imported: 1n, failed: 4n });
    expect(first.failures.map(({ row, reason }) => [row, reason])).toEqual([
      [1n, 'AUTHOR_NOT_FOUND'],
      [2n, 'AUTHOR_INACTIVE'],
      [3n, 'ID_TAKEN'],
      [4n, 'FIELD_INVALID'],
    ]);
    expect(await run(OnDuplicate.SKIP, [row(1), row(2)])).toMatchObject({ imported: 1n, skipped: 1n });
    const before = (await posts.getPost({ id: row(2).id })).post;
    expect(await run(OnDuplicate.UPDATE, [row(1, 'New'), row(2)])).toMatchObject({ updated: 2n });
    expect((await posts.getPost({ id: row(1).id })).post?.title).toBe('New');
    expect((await posts.getPost({ id: row(2).id })).post).toEqual(before);
  });

  it('changes, counts and deletes, by plain JSON too', async () => {
    const { post } = await posts.createPost({ ...draft('Draft'), tags: ['change'] });
    const body = { post: { id: post!.id, title: 'Changed', published: true }, updateMask: 'title,published' };
    const response = await fetch(`${postsService.edge}/tandem.posts.v1.PostService/UpdatePost`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(await response.json()).toMatchObject({ post: { title: 'Changed', content: 'About Draft.', etag: '2' } });
    const filter = { tags: ['change'] };
    const stats = await posts.getPostStats({ filter, groupBy: PostStatsGroupBy.AUTHOR });
    expect(stats).toMatchObject({ total: 1n, published: 1n, groups: [{ key: author, total: 1n }] });
    const stale = await refusalOf(posts.deletePost({ id: post!.id, etag: post!.etag }));
    expect(stale).toMatchObject({ code: 'Aborted', reason: 'ETAG_MISMATCH', domain: 'posts.tandem' });
    await posts.deletePost({ id: post!.id, etag: '2' });
    expect(await posts.countPosts({ filter })).toMatchObject({ count: 0n });
  });

  it('lets no post come after its author’s end, though users still knows the author', async () => {
    const leaving = randomUUID();
    await users.createUser({ email: 'leaving@e2e.example', name: 'Leaving', userId: leaving });
    await posts.createPost({ ...draft('Before'), authorId: leaving });
    const postId = randomUUID();
    await posts.reservePost({ ...draft('Reserved'), postId, authorId: leaving });
    expect(await posts.deleteAuthorPosts({ authorId: leaving })).toMatchObject({ deleted: 1n, done: true });
    const late = [posts.createPost({ ...draft('Late'), authorId: leaving }), posts.confirmPost({ postId })];
    for (const refusal of await Promise.all(late.map(refusalOf))) {
      expect(refusal).toMatchObject({ code: 'FailedPrecondition', reason: 'AUTHOR_NOT_FOUND', domain: 'posts.tandem' });
    }
    expect(await posts.countPosts({ filter: { authorId: leaving } })).toMatchObject({ count: 0n });
  });
});

import { randomUUID } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { CreatePostResponseSchema } from '@tandem/contracts/posts';
import { describe, expect, it, vi } from 'vitest';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';

const { client, users } = await usePostsService();
const make = (fields = {}) => ({ authorId: users.addAuthor(), title: 'Soup', content: 'Leeks', ...fields });

describe('CreatePost', () => {
  it('answers the post as GetPost shows it', async () => {
    const request = make({ tags: ['b', 'a', 'b'], published: true });
    const { post } = await client.createPost(request);
    expect(post).toMatchObject({ ...request, tags: ['b', 'a'], language: 'en', etag: '1' });
    expect(post?.publishTime).toEqual(post?.createTime);
    expect(post?.updateTime).toEqual(post?.createTime);
    expect((post?.createTime?.nanos ?? 1) % 1_000_000).toBe(0);
    expect((await client.getPost({ id: post?.id ?? '' })).post).toEqual(post);
  });

  it('has no publish_time before it is published', async () => {
    expect((await client.createPost(make({ language: 'fr' }))).post).toMatchObject({
      published: false,
      language: 'fr',
    });
    expect((await client.createPost(make())).post?.publishTime).toBeUndefined();
  });

  it('takes the id that the caller chose, in either case, and makes a UUIDv7 otherwise', async () => {
    const postId = randomUUID();
    expect((await client.createPost(make({ postId: postId.toUpperCase() }))).post?.id).toBe(postId);
    expect((await client.createPost(make())).post?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await reasonOf(client.createPost(make({ postId })))).toBe('ID_TAKEN');
  });

  it.each([
    { title: '\u200b' },
    { title: '' },
    { title: 'x'.repeat(301) },
    { tags: ['ok', '\u2060'] },
    { tags: ['a\nb'] },
    { content: '\u0000' },
    { language: 'EN' },
    { authorId: 'x' },
  ])('refuses %j', async (fields) => {
    expect(await reasonOf(client.createPost(make(fields)))).toBe('FIELD_INVALID');
  });

  it('refuses authors that are not there or not active, and says so of a peer that does not answer', async () => {
    expect(await reasonOf(client.createPost(make({ authorId: randomUUID() })))).toBe('AUTHOR_NOT_FOUND');
    const authorId = users.addAuthor({ isActive: false });
    expect(await reasonOf(client.createPost(make({ authorId })))).toBe('AUTHOR_INACTIVE');
    users.behave('down');
    expect(await reasonOf(client.createPost(make()))).toBe('PEER_UNAVAILABLE');
    users.behave('slow');
    expect(await reasonOf(client.createPost(make(), { timeoutMs: 4_000 }))).toBe('PEER_UNAVAILABLE');
  });

  it('asks for the authors of many posts at once', async () => {
    const before = users.calls;
    const creates = Array.from({ length: 50 }, () => client.createPost(make(), { timeoutMs: 20_000 }));
    await Promise.all(creates);
    expect(users.calls - before).toBeLessThan(50);
  });

  it('has one effect and one answer however many duplicates race', async () => {
    const request = make({ requestId: randomUUID(), published: true });
    // One that waited too long for another is told that it is in progress, and comes again.
    const untilAnswered = () => vi.waitFor(() => client.createPost(request), { timeout: 60_000 });
    const answers = await Promise.all(Array.from({ length: 20 }, untilAnswered));
    expect(
      new Set(answers.map((answer) => Buffer.from(toBinary(CreatePostResponseSchema, answer)).toString('hex'))).size,
    ).toBe(1);
    const { posts } = await client.listPosts({ filter: { authorId: request.authorId } });
    expect(posts).toHaveLength(1);
    expect(await reasonOf(client.createPost({ ...request, title: 'Other' }))).toBe('REQUEST_ID_REUSED');
  });

  it('answers the first answer again when the author is gone or cannot be asked any more', async () => {
    const request = make({ requestId: randomUUID() });
    const first = await client.createPost(request);
    users.removeAuthor(request.authorId);
    expect(await client.createPost(request)).toEqual(first);
    users.behave('down');
    expect(await client.createPost(request)).toEqual(first);
  });

  it('keeps a refusal that the state decided, and none that it did not', async () => {
    const request = make({ requestId: randomUUID(), authorId: users.addAuthor({ isActive: false }) });
    users.behave('down');
    expect(await reasonOf(client.createPost(request))).toBe('PEER_UNAVAILABLE');
    users.behave('well');
    expect(await reasonOf(client.createPost(request))).toBe('AUTHOR_INACTIVE');
    users.setActive(request.authorId, true);
    expect(await reasonOf(client.createPost(request))).toBe('AUTHOR_INACTIVE');
  });
});

describe('BatchGetPosts', () => {
  it('answers in request order, duplicates once, with those that are missing', async () => {
    const created = await Promise.all([1, 2, 3].map(() => client.createPost(make())));
    const [a = '', b = '', c = ''] = created.map(({ post }) => post?.id ?? '');
    const missing = randomUUID();
    const { posts, missingIds } = await client.batchGetPosts({ ids: [c, missing, a, c, missing, b.toUpperCase()] });
    expect(posts.map(({ id }) => id)).toEqual([c, a, b]);
    expect(posts.every(({ content }) => content === 'Leeks')).toBe(true);
    expect(missingIds).toEqual([missing]);
  });

  it('refuses what exceeds a message, and lists end early instead', async () => {
    const authorId = users.addAuthor();
    const content = `${'x'.repeat(99)} `.repeat(9_000);
    const request = make({ authorId, content });
    const creates = Array.from({ length: 6 }, () => client.createPost(request, { timeoutMs: 20_000 }));
    const created = await Promise.all(creates);
    const ids = created.map(({ post }) => post?.id ?? '');
    expect(await reasonOf(client.batchGetPosts({ ids }))).toBe('RESPONSE_TOO_LARGE');
    expect((await client.batchGetPosts({ ids: ids.slice(0, 4) })).posts).toHaveLength(4);
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await client.listPosts({ filter: { authorId }, view: 2, pageToken });
      seen.push(...page.posts.map(({ id }) => id));
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    expect(seen.sort()).toEqual(ids.sort());
    expect((await client.listPosts({ filter: { authorId } })).posts).toHaveLength(6);
  });
});

describe('GetPost', () => {
  it('is NOT_FOUND for an id that no post has', async () => {
    expect(await reasonOf(client.getPost({ id: randomUUID() }))).toBe('POST_NOT_FOUND');
  });
});

import { randomUUID } from 'node:crypto';
import { OnDuplicate } from '@tandem/contracts/posts';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, it } from 'vitest';
import { importRows } from '../testing/send-import.ts';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';

const { url, client, users } = await usePostsService();
const direct = new MongoClient(url);
afterAll(() => direct.close());

const makeReservation = (fields = {}) => ({
  postId: randomUUID(),
  authorId: randomUUID(),
  title: 'Soup',
  content: 'Leeks',
  tags: ['b', 'a', 'b'],
  language: '',
  published: true,
  ...fields,
});
const reserve = async (fields = {}) => (await client.reservePost(makeReservation(fields))).post!;
const countOf = async (authorId: string) => Number((await client.countPosts({ filter: { authorId } })).count);

describe('a reserved post', () => {
  it('is answered as it will be, and seen by no read until it is confirmed', async () => {
    const post = await reserve();
    expect(post).toMatchObject({ tags: ['b', 'a'], language: 'en', etag: '1', publishTime: post.createTime });
    expect(await reasonOf(client.getPost({ id: post.id }))).toBe('POST_NOT_FOUND');
    expect(await countOf(post.authorId)).toBe(0);
    await client.confirmPost({ postId: post.id });
    expect((await client.getPost({ id: post.id })).post).toEqual(post);
  });

  it('is found by its words once it is confirmed, and not before, though it may be long', {
    timeout: 120_000,
  }, async () => {
    const word = `word${randomUUID().replaceAll('-', '')}`;
    const content = Array.from({ length: 12_000 }, (_, place) => `${place.toString(36)}x`).join(' ');
    const { id } = await reserve({ content: `${content} ${word}` });
    const patient = { timeoutMs: 60_000 };
    const find = async () => (await client.searchPosts({ query: word }, patient)).hits.map(({ post }) => post?.id);
    expect(await find()).toEqual([]);
    await client.confirmPost({ postId: id }, patient);
    expect(await find()).toEqual([id]);
  });

  it('asks users nothing', async () => {
    users.behave('down');
    const { id } = await reserve({ published: false });
    await client.confirmPost({ postId: id });
    expect((await client.getPost({ id })).post?.publishTime).toBeUndefined();
  });

  it('is confirmed once, also when many confirm, and again when the post was deleted since', async () => {
    const { id, authorId } = await reserve();
    await Promise.all(Array.from({ length: 8 }, () => client.confirmPost({ postId: id })));
    expect(await countOf(authorId)).toBe(1);
    await client.deletePost({ id });
    await client.confirmPost({ postId: id, requestId: randomUUID() });
    expect(await reasonOf(client.getPost({ id }))).toBe('POST_NOT_FOUND');
  });

  it('is cancelled, as often as one likes, and then neither confirmed nor reserved any more', async () => {
    const { id } = await reserve();
    await client.cancelPost({ postId: id });
    await client.cancelPost({ postId: id, requestId: randomUUID() });
    expect(await reasonOf(client.confirmPost({ postId: id }))).toBe('RESERVATION_NOT_FOUND');
    expect(await reasonOf(client.reservePost(makeReservation({ postId: id })))).toBe('ID_TAKEN');
  });

  it('holds its id against posts that others make, until it is decided', async () => {
    const [confirmed, cancelled] = [await reserve(), await reserve()];
    const row = (id: string) => ({ id, authorId: users.addAuthor(), title: 'Another' });
    const create = ({ id: postId, ...post }: ReturnType<typeof row>) => client.createPost({ ...post, postId });
    const requestId = randomUUID();
    for (const { id } of [confirmed, cancelled]) {
      expect(await reasonOf(create(row(id)))).toBe('REQUEST_IN_PROGRESS');
      const { imported, failures } = await importRows(client, [row(id), row(randomUUID())], OnDuplicate.SKIP);
      expect([imported, failures]).toMatchObject([1n, [{ row: 0n, reason: 'REQUEST_IN_PROGRESS' }]]);
    }
    const again = { ...row(cancelled.id), requestId };
    expect(await reasonOf(create(again))).toBe('REQUEST_IN_PROGRESS');
    await client.confirmPost({ postId: confirmed.id });
    await client.cancelPost({ postId: cancelled.id });
    expect(await reasonOf(create(row(confirmed.id)))).toBe('ID_TAKEN');
    expect((await create(again)).post?.id).toBe(cancelled.id);
  });

  it('is refused when its cancellation came first', async () => {
    const postId = randomUUID();
    await client.cancelPost({ postId });
    expect(await reasonOf(client.reservePost(makeReservation({ postId })))).toBe('ID_TAKEN');
  });

  it('cannot be cancelled once it is confirmed', async () => {
    const { id } = await reserve();
    await client.confirmPost({ postId: id });
    expect(await reasonOf(client.cancelPost({ postId: id }))).toBe('RESERVATION_NOT_FOUND');
    expect((await client.getPost({ id })).post?.id).toBe(id);
  });

  it('is confirmed or cancelled, never both', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { id, authorId } = await reserve();
      const [confirmed, cancelled] = await Promise.allSettled([
        client.confirmPost({ postId: id }),
        client.cancelPost({ postId: id }),
      ]);
      expect([confirmed.status, cancelled.status].sort()).toEqual(['fulfilled', 'rejected']);
      expect(await countOf(authorId)).toBe(confirmed.status === 'fulfilled' ? 1 : 0);
    }
  });

  it('needs an id that no post has and a text as CreatePost takes it', async () => {
    const { post } = await client.createPost({ authorId: users.addAuthor(), title: 'Soup' });
    expect(await reasonOf(client.reservePost(makeReservation({ postId: post?.id })))).toBe('ID_TAKEN');
    expect(await reasonOf(client.reservePost(makeReservation({ title: '\u200b' })))).toBe('FIELD_INVALID');
    expect(await reasonOf(client.confirmPost({ postId: randomUUID() }))).toBe('RESERVATION_NOT_FOUND');
  });

  it('has one effect and one answer under a request_id', async () => {
    const request = { ...makeReservation(), requestId: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.reservePost(request)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await client.cancelPost({ postId: request.postId });
    expect(await client.reservePost(request)).toEqual(answers[0]);
    expect(await reasonOf(client.reservePost({ ...request, title: 'Other' }))).toBe('REQUEST_ID_REUSED');
  });

  it('expires only when it is decided', async () => {
    const [open, confirmed, cancelled] = [await reserve(), await reserve(), await reserve()];
    await client.confirmPost({ postId: confirmed.id });
    await client.cancelPost({ postId: cancelled.id });
    const kept = await direct
      .db()
      .collection<{ _id: string; expire_time?: Date; post?: object }>('reserved_posts')
      .find({ _id: { $in: [open.id, confirmed.id, cancelled.id] } })
      .toArray();
    const inDays = (time?: Date) => time && Math.round((time.getTime() - Date.now()) / 86_400_000);
    const found = new Map(kept.map(({ _id, expire_time, post }) => [_id, [inDays(expire_time), post !== undefined]]));
    expect(found.get(open.id)).toEqual([undefined, true]);
    for (const { id } of [confirmed, cancelled]) expect(found.get(id)).toEqual([30, false]);
  });
});

describe('DeleteAuthorPosts', () => {
  it('deletes all of the author’s posts and nobody else’s, and tells how many in all', async () => {
    const [authorId, other] = [users.addAuthor(), users.addAuthor()];
    const rows = Array.from({ length: 450 }, (_, n) => ({ id: randomUUID(), authorId, title: `Post ${n}` }));
    await importRows(client, rows);
    await client.createPost({ authorId: other, title: 'Stays' });
    const requestId = randomUUID();
    expect(await client.deleteAuthorPosts({ authorId, requestId })).toMatchObject({ deleted: 450n, done: true });
    expect(await countOf(authorId)).toBe(0);
    expect(await countOf(other)).toBe(1);
    expect(await client.deleteAuthorPosts({ authorId, requestId })).toMatchObject({ deleted: 450n, done: true });
    expect(await client.deleteAuthorPosts({ authorId: randomUUID() })).toMatchObject({ deleted: 0n, done: true });
  });

  it('is followed by no post, by whichever way it would come', async () => {
    const authorId = users.addAuthor();
    const reserved = await reserve({ authorId });
    await client.deleteAuthorPosts({ authorId });
    // The users service still says that the author is there.
    expect(await reasonOf(client.createPost({ authorId, title: 'Late' }))).toBe('AUTHOR_NOT_FOUND');
    expect(await reasonOf(client.reservePost(makeReservation({ authorId })))).toBe('AUTHOR_NOT_FOUND');
    for (let twice = 0; twice < 2; twice += 1) {
      expect(await reasonOf(client.confirmPost({ postId: reserved.id }))).toBe('AUTHOR_NOT_FOUND');
    }
    await client.cancelPost({ postId: reserved.id });
    const other = users.addAuthor();
    const rows = [
      { authorId, title: 'Late' },
      { authorId: other, title: 'Soup' },
    ];
    for (const rule of [OnDuplicate.ERROR, OnDuplicate.SKIP, OnDuplicate.UPDATE]) {
      const { imported, failures } = await importRows(client, rows, rule);
      expect({ imported, failures }).toMatchObject({
        imported: 1n,
        failures: [{ row: 0n, reason: 'AUTHOR_NOT_FOUND' }],
      });
    }
    expect(await countOf(authorId)).toBe(0);
    expect(await client.deleteAuthorPosts({ authorId })).toMatchObject({ deleted: 0n, done: true });
  });
});

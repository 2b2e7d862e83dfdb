import { randomUUID } from 'node:crypto';
import { PostStatsGroupBy } from '@tandem/contracts/posts';
import { describe, expect, it } from 'vitest';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';

const { client, users } = await usePostsService();
const authorId = users.addAuthor();

const create = async (fields = {}) => {
  const { post } = await client.createPost({ authorId, title: 'Soup', content: 'Leeks', tags: ['a'], ...fields });
  return post!;
};
const read = async (id: string) => (await client.getPost({ id })).post;
const update = async (...request: Parameters<typeof client.updatePost>) => (await client.updatePost(...request)).post!;

describe('UpdatePost', () => {
  it('changes what the mask names, though more is given, and answers the post in full', async () => {
    const { id, createTime } = await create();
    const post = { id, title: 'Broth', content: 'Bones', tags: ['b'], published: true };
    const changed = await update({ post, updateMask: { paths: ['title'] } });
    expect(changed).toMatchObject({ id, title: 'Broth', content: 'Leeks', tags: ['a'], published: false, etag: '2' });
    expect(changed.createTime).toEqual(createTime);
    expect(await read(id)).toEqual(changed);
  });

  it('does not look at what the mask leaves out', async () => {
    const { id } = await create();
    const post = { id, title: '\u200b', content: 'Bones', tags: Array(40).fill(''), language: 'EN' };
    const changed = await update({ post, updateMask: { paths: ['content'] } });
    expect(changed).toMatchObject({ title: 'Soup', content: 'Bones', tags: ['a'], language: 'en' });
  });

  it('changes what is given where the mask is left out, and nothing else', async () => {
    const { id } = await create();
    expect(await update({ post: { id, content: '' } })).toMatchObject({ title: 'Soup', content: '', tags: ['a'] });
    expect(await update({ post: { id, tags: ['b', 'a', 'b'] } })).toMatchObject({ title: 'Soup', tags: ['b', 'a'] });
    expect(await update({ post: { id, language: 'fr' }, updateMask: {} })).toMatchObject({ language: 'fr', etag: '4' });
  });

  it('takes a post back as it was read, in either view, without moving etag or update_time', async () => {
    const post = await create({ published: true });
    const { posts } = await client.listPosts({ filter: { authorIds: [authorId] }, pageSize: 1 });
    expect([posts[0]?.id, posts[0]?.content]).toEqual([post.id, undefined]);
    for (const message of [post, posts[0]!]) expect(await update({ post: message })).toEqual(post);
    expect(await update({ post, updateMask: { paths: ['*'] } })).toEqual(post);
    expect(await read(post.id)).toEqual(post);
  });

  it('empties tags where the mask names them', async () => {
    const { id } = await create();
    expect((await update({ post: { id } })).tags).toEqual(['a']);
    expect((await update({ post: { id }, updateMask: { paths: ['tags'] } })).tags).toEqual([]);
  });

  it('sets publish_time at the first publishing, and keeps it', async () => {
    const { id, publishTime } = await create();
    expect(publishTime).toBeUndefined();
    const first = await update({ post: { id, published: true } });
    expect(first.publishTime).toEqual(first.updateTime);
    const hidden = await update({ post: { id, published: false } });
    expect(hidden).toMatchObject({ published: false, publishTime: first.publishTime });
    expect((await update({ post: { id, published: true } })).publishTime).toEqual(first.publishTime);
  });

  it.each(['id', 'etag', 'author_id', 'create_time', 'publish_time', 'post.title', 'publishTime'])(
    'refuses the path %s',
    async (path) => {
      const { id } = await create();
      const request = { post: { id, title: 'Broth' }, updateMask: { paths: ['title', path] } };
      expect(await reasonOf(client.updatePost(request))).toBe('MASK_PATH_INVALID');
      expect(await read(id)).toMatchObject({ title: 'Soup', etag: '1' });
    },
  );

  it.each([
    [{ title: 'Broth' }, ['*']],
    [{}, ['content']],
    [{ title: '\u200b' }, ['title']],
    [{ tags: ['ok', '\u2060'] }, undefined],
    [{ tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, undefined],
    [{ language: 'EN' }, undefined],
  ])('refuses %j under %j', async (fields, paths) => {
    const { id } = await create();
    const request = { post: { id, ...fields }, ...(paths === undefined ? {} : { updateMask: { paths } }) };
    expect(await reasonOf(client.updatePost(request))).toBe('FIELD_INVALID');
    expect((await read(id))?.etag).toBe('1');
  });

  it('goes by the current etag only, and lets one of many through that go by the same', async () => {
    const { id } = await create();
    const race = Array.from({ length: 8 }, (_, n) => update({ post: { id, etag: '1', title: `T${n}` } }));
    const outcomes = await Promise.allSettled(race);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await read(id))?.etag).toBe('2');
    for (const etag of ['1', '3', '02', 'x']) {
      expect(await reasonOf(client.updatePost({ post: { id, etag, title: 'Soup' } }))).toBe('ETAG_MISMATCH');
    }
  });

  it('loses no change where many change one post at once', async () => {
    const { id } = await create();
    await Promise.all(Array.from({ length: 12 }, (_, n) => update({ post: { id, title: `T${n}` } })));
    expect((await read(id))?.etag).toBe('13');
  });

  it('has one effect and one answer under a request_id, also when the post is gone since', async () => {
    const { id } = await create();
    const request = { post: { id, title: 'Broth' }, requestId: randomUUID() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.updatePost(request)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await read(id))?.etag).toBe('2');
    expect(await reasonOf(client.updatePost({ ...request, post: { id, title: 'Other' } }))).toBe('REQUEST_ID_REUSED');
    await client.deletePost({ id });
    expect(await client.updatePost(request)).toEqual(answers[0]);
  });

  it('refuses a post that is not there', async () => {
    expect(await reasonOf(client.updatePost({ post: { id: randomUUID(), title: 'Broth' } }))).toBe('POST_NOT_FOUND');
  });
});

describe('DeletePost', () => {
  it('deletes the post, by the current etag only', async () => {
    const { id } = await create();
    expect(await reasonOf(client.deletePost({ id, etag: '2' }))).toBe('ETAG_MISMATCH');
    expect(await read(id)).toBeDefined();
    await client.deletePost({ id: id.toUpperCase(), etag: '1' });
    expect(await reasonOf(client.getPost({ id }))).toBe('POST_NOT_FOUND');
    expect(await reasonOf(client.deletePost({ id }))).toBe('POST_NOT_FOUND');
  });

  it('answers the same under the same request_id, the refusal too', async () => {
    const { id } = await create();
    const request = { id, requestId: randomUUID() };
    await Promise.all(Array.from({ length: 6 }, () => client.deletePost(request)));
    await client.deletePost(request);
    const refused = { id, requestId: randomUUID() };
    expect(await reasonOf(client.deletePost(refused))).toBe('POST_NOT_FOUND');
    await create({ postId: id });
    expect(await reasonOf(client.deletePost(refused))).toBe('POST_NOT_FOUND');
    expect(await read(id)).toBeDefined();
  });
});

describe('CountPosts and GetPostStats', () => {
  it('count what the filter lets through', async () => {
    const filter = { authorId: users.addAuthor() };
    await Promise.all([
      create({ ...filter, tags: ['x', 'y'], published: true }),
      create({ ...filter, tags: ['x'], language: 'fr' }),
    ]);
    expect((await client.countPosts({ filter })).count).toBe(2n);
    expect((await client.countPosts({ filter: { ...filter, published: true } })).count).toBe(1n);
    expect(await client.getPostStats({ filter })).toMatchObject({ total: 2n, published: 1n, groups: [] });
    const byTag = await client.getPostStats({ filter, groupBy: PostStatsGroupBy.TAG });
    expect(byTag.groups).toMatchObject([
      { key: 'x', total: 2n, published: 1n },
      { key: 'y', total: 1n, published: 1n },
    ]);
    expect(Number(byTag.asOf?.seconds)).toBeGreaterThan(Date.now() / 1000 - 60);
    const byLanguage = await client.getPostStats({ filter, groupBy: PostStatsGroupBy.LANGUAGE, topN: 1 });
    expect(byLanguage.groups).toMatchObject([{ key: 'en' }]);
  });

  it('refuse what is out of range', async () => {
    expect(await reasonOf(client.getPostStats({ topN: 1001 }))).toBe('FIELD_INVALID');
    expect(await reasonOf(client.getPostStats({ groupBy: 9 as PostStatsGroupBy }))).toBe('FIELD_INVALID');
    const tags = Array.from({ length: 33 }, (_, n) => `t${n}`);
    expect(await reasonOf(client.countPosts({ filter: { tags } }))).toBe('FIELD_INVALID');
  });
});

import { randomUUID } from 'node:crypto';
import { OnDuplicate } from '@tandem/contracts/posts';
import { describe, expect, it } from 'vitest';
import { importRows, optionsMessage, type Row, rowsMessage, sendImport } from '../testing/send-import.ts';
import { reasonOf, usePostsService } from '../testing/use-posts-service.ts';

const { client, users } = await usePostsService();
const active = users.addAuthor();
const inactive = users.addAuthor({ isActive: false });

describe('ImportPosts', () => {
  const row = (fields: Row = {}) => ({
    id: randomUUID() as string,
    authorId: active,
    title: 'Row',
    content: 'Words',
    ...fields,
  });

  it('takes in good rows, tells of bad ones by their number, and doubles nothing under SKIP', async () => {
    const rows = [
      row(),
      row({ title: '' }),
      row({ authorId: randomUUID() }),
      row({ tags: ['\u200b'] }),
      row({ authorId: inactive }),
    ];
    const first = await importRows(client, rows);
    expect(first).toMatchObject({ imported: 1n, failed: 4n, skipped: 0n, updated: 0n });
    expect(first.failures.map(({ row: number, reason }) => [number, reason])).toEqual([
      [1n, 'FIELD_INVALID'],
      [2n, 'AUTHOR_NOT_FOUND'],
      [3n, 'FIELD_INVALID'],
      [4n, 'AUTHOR_INACTIVE'],
    ]);
    expect(await importRows(client, rows, OnDuplicate.SKIP)).toMatchObject({ imported: 0n, skipped: 1n, failed: 4n });
    expect(await importRows(client, rows)).toMatchObject({
      failures: [{ reason: 'ID_TAKEN', row: 0n }, {}, {}, {}, {}],
    });
  });

  it('updates what a row says and moves nothing where nothing changes', async () => {
    const full = row({ tags: ['a'], language: 'fr', published: true, createTime: { seconds: 5n, nanos: 1_999_999 } });
    await importRows(client, [full]);
    const { post: before } = await client.getPost({ id: full.id });
    expect(before).toMatchObject({ createTime: { seconds: 5n, nanos: 1_000_000 }, publishTime: { seconds: 5n } });
    const same = { id: full.id, authorId: active, title: 'Row' };
    expect(await importRows(client, [same], OnDuplicate.UPDATE)).toMatchObject({ updated: 1n });
    expect((await client.getPost({ id: full.id })).post).toEqual(before);
    await importRows(client, [{ ...same, content: 'New' }], OnDuplicate.UPDATE);
    expect((await client.getPost({ id: full.id })).post).toMatchObject({ content: 'New', tags: ['a'], etag: '2' });
    const other = { ...same, authorId: users.addAuthor() };
    expect(await importRows(client, [other], OnDuplicate.UPDATE)).toMatchObject({
      failures: [{ reason: 'FIELD_INVALID' }],
    });
  });

  it('keeps each post once when the same rows are imported by many at the same time', async () => {
    const rows = Array.from({ length: 300 }, () => row());
    const options = [OnDuplicate.SKIP, OnDuplicate.UPDATE, OnDuplicate.SKIP];
    const answers = await Promise.all(options.map((option) => importRows(client, rows.toReversed(), option)));
    expect(answers.reduce((sum, { imported }) => sum + imported, 0n)).toBe(300n);
    expect(answers.every(({ failed }) => failed === 0n)).toBe(true);
  });

  it('takes a message of contents as large as they may be', async () => {
    const rows = [1, 2, 3].map(() => row({ content: 'word and another '.repeat(60_000) }));
    expect(await importRows(client, rows)).toMatchObject({ imported: 3n, failed: 0n });
  });

  it('wants options once and first, and keeps what came before a breach', async () => {
    const good = row();
    const options = optionsMessage(OnDuplicate.SKIP);
    expect(await reasonOf(sendImport(client, [options, rowsMessage([good]), options]))).toBe('FIELD_INVALID');
    expect((await client.getPost({ id: good.id })).post?.title).toBe('Row');
    expect(await reasonOf(sendImport(client, [rowsMessage([row()])]))).toBe('FIELD_INVALID');
  });
});

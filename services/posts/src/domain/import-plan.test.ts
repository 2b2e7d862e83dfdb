import { describe, expect, it } from 'vitest';
import { type ImportRow, type ImportRows, type OnDuplicate, planImport } from './import-plan.ts';
import type { FullPost, Post } from './post.ts';

const now = 1_000_000;
const row = (fields: Partial<ImportRow> = {}): ImportRow => ({
  id: 'p1',
  idIsChosen: true,
  authorId: 'a1',
  title: 'Soup',
  content: undefined,
  tags: [],
  language: undefined,
  published: undefined,
  createTime: undefined,
  publishTime: undefined,
  ...fields,
});
const post = (fields: Partial<FullPost> = {}): FullPost => ({
  id: 'p1',
  authorId: 'a1',
  title: 'Soup',
  content: 'Leeks',
  tags: ['cooking'],
  language: 'fr',
  published: true,
  createTime: 500,
  updateTime: 600,
  publishTime: 550,
  version: 3,
  ...fields,
});
interface Given extends Partial<ImportRows> {
  readonly onDuplicate?: OnDuplicate;
  readonly existing?: ReadonlyMap<string, Post>;
}
const plan = ({ onDuplicate = 'error', existing = new Map(), ...task }: Given) =>
  planImport({
    rows: [row()],
    onDuplicate,
    existing,
    held: new Set(),
    taken: new Set(),
    refuseAuthor: () => undefined,
    now,
    ...task,
  });
const there = (existing: FullPost = post()) => new Map([[existing.id, existing]]);

describe('a row whose post is not there yet', () => {
  it('becomes a post with the defaults of CreatePost', () => {
    const { inserts, outcomes } = plan({});
    expect(outcomes).toEqual(['imported']);
    expect(inserts).toEqual([
      post({
        content: '',
        tags: [],
        language: 'en',
        published: false,
        createTime: now,
        updateTime: now,
        publishTime: undefined,
        version: 1,
      }),
    ]);
  });

  it('published without publish_time takes its create_time', () => {
    const { inserts } = plan({ rows: [row({ published: true, createTime: 42 })] });
    expect(inserts[0]).toMatchObject({ createTime: 42, publishTime: 42, updateTime: now });
  });

  it('is refused with its author', () => {
    const refusal = { reason: 'AUTHOR_INACTIVE', message: 'no' } as const;
    expect(plan({ refuseAuthor: () => refusal })).toEqual({ outcomes: [refusal], inserts: [], revisions: [] });
  });
});

describe('a row whose post is there', () => {
  it('fails under error and is passed over under skip, whatever its author', () => {
    const refuseAuthor = () => ({ reason: 'AUTHOR_NOT_FOUND', message: 'no' }) as const;
    expect(plan({ existing: there(), refuseAuthor }).outcomes).toMatchObject([{ reason: 'ID_TAKEN' }]);
    expect(plan({ existing: there(), refuseAuthor, onDuplicate: 'skip' }).outcomes).toEqual(['skipped']);
  });

  it('keeps under update what it leaves out', () => {
    const { revisions, outcomes } = plan({
      existing: there(),
      onDuplicate: 'update',
      rows: [row({ title: 'Stew' })],
    });
    expect(outcomes).toEqual(['updated']);
    expect(revisions).toEqual([{ before: post(), after: post({ title: 'Stew', updateTime: now, version: 4 }) }]);
  });

  it('moves nothing under update where nothing changes', () => {
    expect(plan({ existing: there(), onDuplicate: 'update' })).toEqual({
      outcomes: ['updated'],
      inserts: [],
      revisions: [],
    });
  });

  it('may clear the content and name the default language', () => {
    const rows = [row({ content: '', language: '' })];
    expect(plan({ existing: there(), onDuplicate: 'update', rows }).revisions).toMatchObject([
      { after: { content: '', language: 'en' } },
    ]);
  });

  it('takes create_time as publish_time when the update publishes it first', () => {
    const existing = there(post({ published: false, publishTime: undefined }));
    const { revisions } = plan({ existing, onDuplicate: 'update', rows: [row({ published: true })] });
    expect(revisions).toMatchObject([{ after: { published: true, publishTime: 500 } }]);
  });

  it('is never changed before its last change, though the clock went back', () => {
    const existing = there(post({ updateTime: now + 1 }));
    const { revisions } = plan({ existing, onDuplicate: 'update', rows: [row({ title: 'Stew' })] });
    expect(revisions).toMatchObject([{ after: { title: 'Stew', updateTime: now + 1 } }]);
  });

  it('never goes to another author', () => {
    const { outcomes } = plan({ existing: there(), onDuplicate: 'update', rows: [row({ authorId: 'a2' })] });
    expect(outcomes).toMatchObject([{ reason: 'FIELD_INVALID', message: expect.stringContaining('author_id') }]);
  });
});

describe('rows of one message with one id', () => {
  it.each([
    ['error', { reason: 'ID_TAKEN' }],
    ['update', { reason: 'ID_TAKEN' }],
    ['skip', 'skipped'],
  ] as const)('go to the first under %s', (onDuplicate, second) => {
    const { outcomes, inserts } = plan({ onDuplicate, rows: [row(), row({ title: 'Stew' })] });
    expect(outcomes).toEqual(['imported', typeof second === 'string' ? second : expect.objectContaining(second)]);
    expect(inserts.map(({ title }) => title)).toEqual(['Soup']);
  });

  it('go to the second where the first is refused', () => {
    const rows = [row({ authorId: 'bad' }), row()];
    const refuseAuthor = (id: string) =>
      id === 'bad' ? ({ reason: 'AUTHOR_NOT_FOUND', message: 'no' } as const) : undefined;
    expect(plan({ rows, refuseAuthor }).outcomes).toMatchObject([{ reason: 'AUTHOR_NOT_FOUND' }, 'imported']);
  });
});

import { AnswerRecorded } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it, vi } from 'vitest';
import type { FullPost } from '../domain/post.ts';
import { indexText } from '../domain/search/index-text.ts';
import { indexPosts, unindexPost } from './index-posts.ts';
import { type PostDocument, toDocument } from './mongo-post-document.ts';
import { toSearchFields } from './search-fields.ts';
import type { StoreCall } from './store.ts';
import { makePost, toIndexedDocument } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();
const posts = direct.db().collection<PostDocument>('posts');
vi.setConfig({ testTimeout: 120_000 });
const bounds = () => ({ maxTimeMS: 60_000 });
const patient = () => makeCall({ deadline: Date.now() + 60_000 });
/** Longer than a transaction indexes. */
const makeLong = (word: string, fields: Partial<FullPost> = {}) =>
  makePost({ content: `${word} `.repeat(70_000 / word.length), ...fields });
const fieldsOf = async ({ id }: FullPost) => {
  const { search, vector } = (await posts.findOne({ _id: id })) ?? {};
  return { search, vector };
};
const insert = (post: FullPost) =>
  store.transaction(patient(), async (tx) => {
    await tx.posts.insert(post);
    return {};
  });
const revise = (before: FullPost, after: FullPost) =>
  store.transaction(patient(), async (tx) => {
    await tx.posts.updateMany([{ before, after }]);
    return {};
  });

describe('a post with a long text', () => {
  it('is written by its transaction without what takes long, and indexed when that resolves', async () => {
    await using events = posts.watch([], { fullDocument: 'required' });
    const seen = events.tryNext();
    await seen;
    const post = makeLong('leek');
    const changed = makeLong('soup', { ...post, title: 'Soups', version: 2, content: makeLong('soup').content });
    await insert(post);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
    await revise(post, changed);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(changed)));
    const states: (string | undefined)[] = [];
    while (states.length < 5) {
      const event = (await events.next()) as { fullDocument?: PostDocument };
      const { search, vector, title } = event.fullDocument ?? {};
      states.push(`${title}: ${search?.content.slice(0, 4)} ${vector === undefined ? 'unindexed' : 'indexed'}`);
    }
    expect(states).toEqual([
      'A title: undefined unindexed',
      'A title: leek indexed',
      'Soups: leek unindexed',
      'Soups: undefined unindexed',
      'Soups: soup indexed',
    ]);
  });

  it('is indexed anew where only its title changes, it becomes short, or nothing of the text changes', async () => {
    const post = makeLong('leek');
    await insert(post);
    const titled = { ...post, title: 'Soup', version: 2 };
    await revise({ ...post, content: undefined as never }, { ...titled, content: undefined as never });
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(titled)));
    const hidden = { ...titled, published: false, version: 3 };
    await revise(titled, hidden);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(titled)));
    const short = { ...hidden, content: 'Short', version: 4 };
    await revise(hidden, short);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(short)));
  });

  it('is indexed where it is written without a transaction', async () => {
    const post = makeLong('leek');
    await store.withoutTransaction(patient(), (writers) => writers.posts.insert(post));
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
  });
});

describe('a post with a long text whose writer ended before it was indexed', () => {
  const unindex = ({ id }: FullPost) => posts.updateOne({ _id: id }, { $unset: { search: 1, vector: 1 } });
  const insertAs = (post: FullPost, call: StoreCall) =>
    store.transaction(call, async (tx) => {
      await tx.posts.insert(post);
      return {};
    });

  it('is indexed before the recorded reply is given, by whichever way that is found', async () => {
    const post = makeLong('leek');
    const claim = makeClaim();
    const call = { ...patient(), claim };
    await insertAs(post, call);
    await unindex(post);
    await expect(insertAs(post, call)).rejects.toBeInstanceOf(AnswerRecorded);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
    await unindex(post);
    expect(await store.records.find(claim, patient())).toMatchObject({ kind: 'reply' });
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
    await unindex(post);
    expect(await store.records.putRefusal(claim, new Uint8Array(), patient())).toMatchObject({ kind: 'reply' });
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
  });

  it('has no reply where there is no time to index it', async () => {
    const words = Array.from({ length: 40_000 }, (_, index) => `w${index.toString(36)}`).join(' ');
    const post = makePost({ content: words });
    const claim = makeClaim();
    await insertAs(post, { ...patient(), claim });
    await unindex(post);
    const found = store.records.find(claim, makeCall({ deadline: Date.now() + 50 }));
    expect(await reasonOf(found)).toBe('DEADLINE_EXCEEDED');
    expect(await store.records.find(claim, patient())).toMatchObject({ kind: 'reply' });
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
  });

  it('is indexed where a later change finds nothing to change', async () => {
    const post = makeLong('leek');
    await insert(post);
    await unindex(post);
    await store.transaction(patient(), async (tx) => {
      tx.posts.keep(post.id);
      return {};
    });
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
  });
});

describe('posts that are not indexed', () => {
  /** The posts, where something happens right after the first call of a method. */
  const interrupt = (method: 'findOne' | 'updateOne', happen: () => Promise<unknown>): typeof posts => {
    const isFirst = [true];
    const value = async (...args: unknown[]) => {
      const result = await Reflect.apply(posts[method], posts, args);
      if (isFirst.pop()) await happen();
      return result;
    };
    return Object.create(posts, { [method]: { value } });
  };
  const remove = (post: FullPost) =>
    store.transaction(patient(), async (tx) => {
      await tx.posts.delete(post);
      return {};
    });

  it('are, in the words that they have at last, when they change meanwhile', async () => {
    const post = makeLong('leek');
    await posts.insertOne(toDocument(post, undefined));
    const { content } = makeLong('soup');
    const change = () => posts.updateOne({ _id: post.id }, { $set: { content, version: 2 } });
    await indexPosts(interrupt('findOne', change), [post.id], bounds);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText({ ...post, content })));
  });

  it('stay deleted when they are deleted meanwhile, before and between the writes', async () => {
    for (const method of ['findOne', 'updateOne'] as const) {
      const outdated = makeLong('leek');
      await posts.insertOne(toIndexedDocument(outdated));
      await posts.updateOne({ _id: outdated.id }, { $unset: { vector: true } });
      await indexPosts(
        interrupt(method, () => remove(outdated)),
        [outdated.id],
        bounds,
      );
      expect(await posts.findOne({ _id: outdated.id })).toBeNull();
    }
  });

  it('are not given the words of a deleted post whose id they have', async () => {
    const former = makeLong('leek');
    const post = makeLong('soup', { id: former.id, updateTime: former.updateTime + 1 });
    await posts.insertOne(toDocument(former, undefined));
    const replace = async () => {
      await remove(former);
      await posts.insertOne(toDocument(post, undefined));
    };
    await indexPosts(interrupt('findOne', replace), [post.id], bounds);
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
  });

  it('are indexed by many at once as by one, and what is indexed stays as it is', async () => {
    const [outdated, indexed] = [makeLong('leek'), makePost()];
    await posts.insertMany([outdated, indexed].map(toIndexedDocument));
    await posts.updateOne({ _id: outdated.id }, { $set: { 'search.content': 'soup' }, $unset: { vector: true } });
    const ids = [outdated.id, indexed.id];
    await Promise.all(Array.from({ length: 4 }, () => indexPosts(posts, ids, bounds)));
    expect(await fieldsOf(outdated)).toEqual(toSearchFields(indexText(outdated)));
    expect(await fieldsOf(indexed)).toEqual(toSearchFields(indexText(indexed)));
  });

  it('keep the words of a version that is not the one to lose them', async () => {
    const post = makePost({ version: 2 });
    await posts.insertOne(toIndexedDocument(post));
    await unindexPost(posts, { id: post.id, version: 1 }, bounds());
    expect(await fieldsOf(post)).toEqual(toSearchFields(indexText(post)));
    await unindexPost(posts, post, bounds());
    expect(await fieldsOf(post)).toEqual({ search: undefined, vector: undefined });
  });
});

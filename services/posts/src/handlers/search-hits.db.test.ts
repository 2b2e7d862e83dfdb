import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PostReader, SearchHit } from '../store/store.ts';
import { insertPosts, makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { loadHits } from './search-hits.ts';

const { store } = await usePostsStore();

describe('the hits of a page', () => {
  const mebibyte = 2 ** 20;
  const large = Array.from({ length: 11 }, () => makePost({ content: `${'x'.repeat(mebibyte - 5)} leek` }));
  const small = Array.from({ length: 60 }, () => makePost({ content: 'leek' }));
  const toHit = ({ id }: { id: string }): SearchHit => ({ id, score: 1, position: { key: 1, id } });
  beforeAll(async () => {
    for (const post of large) await insertPosts(store, [post]);
    await insertPosts(store, small);
  });

  /** Loads hits and notes how many posts each read asks for. */
  const load = async (hits: readonly SearchHit[], options: { withContent: boolean; next?: SearchHit }) => {
    const reads: number[] = [];
    const reader: Pick<PostReader, 'select'> = {
      select: (selection, within) => {
        reads.push(selection.ids.length);
        return store.reader.select(selection, within);
      },
    };
    const findMatches = () => (text: string) =>
      Array.from(text.matchAll(/leek/g), ({ index }) => ({ start: index, end: index + 4, term: 'leek' }));
    const found = { hits, next: options.next?.position };
    const page = await loadHits({ reader, findMatches }, found, { ...options, withAuthors: false, call: makeCall() });
    return { reads, page };
  };

  it('are read by 4 MiB of long contents at a time, and no further than the page goes', async () => {
    const hits = large.map(toHit);
    const full = await load(hits, { withContent: true });
    expect(full.reads).toEqual([11, 4]);
    expect(full.page.hits.map(({ post }) => post.content?.length)).toEqual([mebibyte, mebibyte, mebibyte]);
    expect(full.page.next?.id).toBe(large[2]?.id);
    const basic = await load(hits, { withContent: false });
    expect(basic.reads).toEqual([11, 4, 4, 3]);
    expect(basic.page.hits.map(({ post }) => post.id)).toEqual(large.map(({ id }) => id));
    expect(basic.page.hits.every(({ post, highlights }) => post.content === undefined && highlights.length === 1)).toBe(
      true,
    );
  });

  it('keep their order where long contents stand among short ones', async () => {
    const mixed = [small[0], large[0], small[1], large[1]].flatMap((post) => (post === undefined ? [] : [toHit(post)]));
    const { reads, page } = await load(mixed, { withContent: false });
    expect(reads).toEqual([4, 2]);
    expect(page.hits.map(({ post }) => post.id)).toEqual(mixed.map(({ id }) => id));
    expect(page.hits.every(({ highlights }) => highlights.length === 1)).toBe(true);
  });

  it.each([
    ['Chinese without a blank', '天地玄黃'],
    ['words of many parts', 'leek_soup_'],
  ])('have their texts looked at in parts, whatever is in them: %s', async (_, filler) => {
    const post = makePost({ content: `${filler.repeat(50_000)} leek` });
    await insertPosts(store, [post]);
    const parts: number[] = [];
    const findMatches = () => (text: string) => {
      parts.push(text.length);
      return [];
    };
    const found = { hits: [toHit(post)], next: undefined };
    const options = { withContent: false, withAuthors: false, call: makeCall() };
    expect((await loadHits({ reader: store.reader, findMatches }, found, options)).hits).toHaveLength(1);
    expect(Math.max(...parts)).toBeLessThan(11_000);
    expect(parts.length).toBeGreaterThan(15);
  });

  it('are read by 50 where they are small, and those that have gone are left out', async () => {
    const gone = toHit({ id: randomUUID() });
    const { reads, page } = await load([...small.map(toHit), gone], { withContent: true, next: gone });
    expect(reads).toEqual([50, 11]);
    expect(page.hits.map(({ post }) => post.id)).toEqual(small.map(({ id }) => id));
    expect(page.next?.id).toBe(gone.id);
  });
});

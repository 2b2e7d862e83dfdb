import { create, toBinary } from '@bufbuild/protobuf';
import { SearchPostsResponseSchema, SuggestPostsResponseSchema } from '@tandem/contracts/posts';
import { createRandom } from '@tandem/rpc/testing/random';
import { describe, expect, it } from 'vitest';
import type { LoadRequest } from '../workload.ts';
import { createEmptyCheck } from './empty-answers.ts';
import { searchPosts } from './search-posts.ts';
import { suggestPosts } from './suggest-posts.ts';

describe('answers that find nothing', () => {
  it('are wrong where much was to be found, alone or one after another', () => {
    const check = createEmptyCheck();
    expect(check({ text: 'seldom', expected: 10 }, 0)).toBeUndefined();
    expect(check({ text: 'seldom', expected: 10 }, 0)).toBeUndefined();
    expect(check({ text: 'often', expected: 1_000 }, 3)).toBeUndefined();
    expect(check({ text: 'other', expected: 10 }, 0)).toBeUndefined();
    expect(check({ text: 'seldom', expected: 15 }, 0)).toContain('other, seldom');
    expect(createEmptyCheck()({ text: 'often', expected: 1_000 }, 0)).toContain('often');
  });

  const source = (posts: number) => ({ users: 1_000, posts, random: createRandom(1).fraction });
  const findFaults = (requests: readonly LoadRequest[], reply: Uint8Array) =>
    requests.flatMap(({ findFault }) => findFault(reply) ?? []);

  it.each(searchPosts.map((workload) => [workload.name, workload] as const))('fail %s', (_, workload) => {
    const none = toBinary(SearchPostsResponseSchema, create(SearchPostsResponseSchema));
    const some = toBinary(SearchPostsResponseSchema, create(SearchPostsResponseSchema, { hits: [{ score: 1 }] }));
    const requests = workload.makeRequests(source(200_000)).filter((_request, index) => index % 50 === 0);
    expect(findFaults(requests, none)).not.toEqual([]);
    expect(findFaults(requests, some)).toEqual([]);
  });

  it.each(suggestPosts.map((workload) => [workload.name, workload] as const))('fail %s', (_, workload) => {
    const none = toBinary(SuggestPostsResponseSchema, create(SuggestPostsResponseSchema));
    const requests = workload.makeRequests(source(20_000)).filter((_request, index) => index % 50 === 0);
    expect(findFaults(requests, none)).not.toEqual([]);
  });
});

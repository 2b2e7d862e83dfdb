import { randomUUID } from 'node:crypto';
import type { ConnectError } from '@connectrpc/connect';
import { AuthorState } from '@tandem/contracts/posts';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeRefusal, refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

describe('more passwords than can be hashed', async () => {
  const { users } = await usePair();

  it('are refused at once with HASH_QUEUE_FULL or OVERLOADED, while reads go on', async () => {
    const patient = { timeoutMs: 60_000 };
    const create = (n: number) =>
      users.createUser({ email: `hash${n}@e2e.example`, name: `Hash ${n}`, password: 'long enough' }, patient).then(
        () => undefined,
        (error: ConnectError) => describeRefusal(error),
      );
    const flood = Array.from({ length: 300 }, (_, n) => create(n));
    await users.listUsers({ pageSize: 1 }, patient);
    const outcomes = await Promise.all(flood);
    const refused = outcomes.filter((outcome) => outcome !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    expect(outcomes.length - refused.length).toBeGreaterThan(0);
    for (const refusal of refused) {
      expect(refusal).toMatchObject({ code: 'ResourceExhausted', retry: true });
      expect(['HASH_QUEUE_FULL', 'OVERLOADED']).toContain(refusal.reason);
    }
    expect(refused.some(({ reason }) => reason === 'HASH_QUEUE_FULL')).toBe(true);
    const { totalSize } = await users.listUsers({
      filter: { namePrefix: 'Hash' },
      pageSize: 1,
      includeTotalSize: true,
    });
    expect(totalSize).toBe(outcomes.length - refused.length);
  });
});

describe('posts without the users service', async () => {
  const { usersService, users, posts } = await usePair();
  const author = randomUUID();

  beforeAll(async () => {
    await users.createUser({ email: 'author@e2e.example', name: 'Author', userId: author });
    await posts.createPost({ authorId: author, title: 'Written before', published: true });
  });

  async function expectPostsWithoutAuthors() {
    const { items } = await posts.listPostsWithAuthors({ filter: { authorId: author } });
    expect(items.map(({ post, author: by, authorState }) => [post?.title, by, authorState])).toEqual([
      ['Written before', undefined, AuthorState.UNAVAILABLE],
    ]);
    const { hits } = await posts.searchPosts({ query: 'written', includeAuthors: true });
    expect(hits[0]?.authorState).toBe(AuthorState.UNAVAILABLE);
    const peerAway = { code: 'Unavailable', reason: 'PEER_UNAVAILABLE', domain: 'posts.tandem', retry: true };
    expect(await refusalOf(posts.listPostsWithAuthors({ activeAuthorsOnly: true }))).toMatchObject(peerAway);
    expect(await refusalOf(posts.createPost({ authorId: author, title: 'New' }))).toMatchObject(peerAway);
  }

  it('come with state UNAVAILABLE while it hangs, within their deadline, and as ever after it', async () => {
    usersService.signal('SIGSTOP');
    onTestFinished(() => usersService.signal('SIGCONT'));
    await expectPostsWithoutAuthors();
    usersService.signal('SIGCONT');
    const { items } = await posts.listPostsWithAuthors({ filter: { authorId: author } });
    expect(items[0]?.authorState).toBe(AuthorState.OK);
  });

  it('come with state UNAVAILABLE when it is gone', async () => {
    usersService.signal('SIGKILL');
    await usersService.exited;
    await expectPostsWithoutAuthors();
  });
});
